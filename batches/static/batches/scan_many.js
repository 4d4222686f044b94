/* A field that is scanned into several times: Enter, which a scanner ends with, begins the next code. */
(function () {
  "use strict";
  document.addEventListener("keydown", function (event) {
    const field = event.target;
    if (event.key !== "Enter" || !field.matches("input[data-scan-many]")) {
      return;
    }
    event.preventDefault();
    if (field.value.trim() && !/,\s*$/.test(field.value)) {
      field.value = field.value.trim() + ", ";
    }
    field.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
