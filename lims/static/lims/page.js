/* Small conveniences of every page. Each act works without them: the server checks, computes and refuses by itself. */
(function () {
  "use strict";

  const token = document.querySelector('meta[name="csrf-token"]').content;

  // The reasons of a refusal are read first; a field is focused from them.
  const summary = document.querySelector("[data-focus]");
  if (summary) {
    summary.focus();
  }

  // A link to a field of radio buttons focuses the first of them, so that it can be answered at once.
  document.addEventListener("click", function (event) {
    const link = event.target.closest('.refused a[href^="#"]');
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) {
      return;
    }
    const control = field.matches("input, select, textarea, button") ? field : field.querySelector("input, select, textarea");
    if (control) {
      event.preventDefault();
      control.focus();
      control.scrollIntoView({ block: "center" });
    }
  });

  // A field that is corrected is no longer wrong: the reason stays in the summary, and what is typed now is judged anew.
  document.addEventListener("input", function (event) {
    const field = event.target.closest("[data-act] .field.bad");
    if (!field) {
      return;
    }
    field.classList.remove("bad");
    event.target.removeAttribute("aria-invalid");
    field.querySelectorAll("[id$='-error']").forEach(function (reasons) {
      reasons.hidden = true;
    });
  });

  // A second click on the way would only be answered with the first act again; the button says that it is on its way.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.matches("[data-act], [data-once]") || event.defaultPrevented) {
      return;
    }
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    window.setTimeout(function () {
      form.querySelectorAll("button:not([type=button])").forEach(function (button) {
        button.disabled = true;
      });
    }, 0);
  });
  // The browser's «back» shows the page as it was left: let it be sent again.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.querySelectorAll("button[disabled]").forEach(function (button) {
        button.disabled = false;
      });
    });
  });

  // A scanner ends with Enter. That moves on to the next field and never sends the form.
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || !event.target.matches("input[data-scan]")) {
      return;
    }
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
    const fields = Array.from(event.target.form ? event.target.form.elements : []).filter(function (field) {
      return field.type !== "hidden" && !field.disabled && field.matches("input, select, textarea");
    });
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) {
      next.focus();
    }
  });

  // Menus close when one goes elsewhere.
  document.addEventListener("click", function (event) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") {
      document.querySelectorAll("details.menu[open]").forEach(function (menu) {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
    }
  });

  // Requests for a part of a page: the token goes along; passwords and files stay here.
  document.addEventListener("htmx:configRequest", function (event) {
    event.detail.headers["X-CSRFToken"] = token;
    if (!event.target.closest("[data-figures]")) {
      return;
    }
    const form = event.target.closest("form");
    form.querySelectorAll("input[type=password], input[type=file]").forEach(function (field) {
      delete event.detail.parameters[field.name];
    });
  });
  function showLate(event, late) {
    const panel = event.target.closest && event.target.closest("[data-figures]");
    const note = panel && panel.parentElement.querySelector("[data-figures-failed]");
    if (note) {
      note.hidden = !late;
    }
  }
  ["htmx:responseError", "htmx:sendError", "htmx:timeout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      const status = event.detail.xhr ? event.detail.xhr.status : 0;
      // A request that a newer one replaced has no status, and a locked screen says so itself.
      if ((name === "htmx:responseError" && status === 0) || status === 409) {
        return;
      }
      showLate(event, true);
    });
  });
  document.addEventListener("htmx:afterSwap", function (event) { showLate(event, false); });
  // A part that asks by itself says so: it is no sign of a person.
  document.addEventListener("htmx:configRequest", function (event) {
    const trigger = event.target.getAttribute("hx-trigger") || "";
    if (trigger.includes("every ")) {
      event.detail.headers["X-Poll"] = "1";
    }
  });

  // The clock of the laboratory, going on from the server's time and not from the tablet's.
  const clock = document.querySelector("[data-clock]");
  if (clock) {
    const started = Date.parse(clock.dataset.now);
    const since = performance.now();
    const zone = clock.dataset.zone;
    const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: zone });
    window.setInterval(function () {
      clock.querySelector("[data-clock-time]").textContent = time.format(started + performance.now() - since);
    }, 5000);
  }

  const resume = document.querySelector("form[data-resume]");
  if (resume) {
    resume.requestSubmit();
  }
})();
