/* The bedside: a clock that goes on from the server's time, and answers that survive a page in between.
   Everything works without it: the server draws the same ring, and decides what is due. */
(function () {
  "use strict";

  const MINUS = "\u2212";
  let begun = performance.now();

  function pad(number) {
    return String(number).padStart(2, "0");
  }
  function clockWords(seconds) {
    const whole = Math.floor(Math.abs(seconds));
    return (seconds < 0 && whole ? MINUS : "") + Math.floor(whole / 60) + ":" + pad(whole % 60);
  }
  function arc(share) {
    const turn = 2 * Math.PI * (1 - share);
    const x = (160 + 140 * Math.sin(turn)).toFixed(1);
    const y = (160 - 140 * Math.cos(turn)).toFixed(1);
    return "M" + x + " " + y + "A140 140 0 " + (share > 0.5 ? 1 : 0) + " 1 160 20";
  }

  function tick() {
    const card = document.querySelector("[data-countdown]");
    if (!card) {
      return;
    }
    const passed = (performance.now() - begun) / 1000;
    const until = card.querySelector("[data-until]");
    if (until && card.dataset.next) {
      const wait = (Date.parse(card.dataset.next) - Date.parse(card.dataset.now)) / 1000 - passed;
      until.textContent = wait > 0 ? until.dataset.words + " " + clockWords(wait) : until.dataset.due;
    }
    if (card.dataset.state !== "running") {
      return;
    }
    const planned = Number(card.dataset.planned);
    const flowed = Number(card.dataset.flowed) + passed;
    const left = planned - flowed;
    const share = Math.min(Math.max(left / planned, 0), 1);
    card.querySelector("[data-left]").textContent = clockWords(left);
    card.querySelector("[data-infused]").textContent = (Number(card.dataset.bag) * (1 - share)).toFixed(1);
    const whole = card.querySelector("[data-whole]");
    if (whole && share < 1) {
      whole.remove();
    }
    const drawn = card.querySelector("[data-arc]");
    if (share > 0 && share < 1) {
      drawn.setAttribute("d", arc(share));
    } else if (share === 0) {
      drawn.setAttribute("d", "");
    }
  }
  document.addEventListener("htmx:afterSwap", function (event) {
    if (event.target.id === "clockcard") {
      begun = performance.now();
      tick();
    }
  });
  window.setInterval(tick, 500);
  tick();

  // Answers begun are still there after a pause was recorded in between; passwords are never kept.
  const form = document.querySelector("form[data-keep]");
  if (!form) {
    return;
  }
  const key = form.dataset.keep;
  const fields = function () {
    return Array.from(form.elements).filter(function (field) {
      return field.name && field.type !== "password" && field.type !== "hidden" && field.name !== "scheduled";
    });
  };
  const kept = JSON.parse(window.sessionStorage.getItem(key) || "null");
  if (kept && !document.querySelector("[data-focus]")) {
    fields().forEach(function (field) {
      if (field.type === "radio") {
        field.checked = kept[field.name] === field.value;
      } else if (field.name in kept) {
        field.value = kept[field.name];
      }
    });
  }
  form.addEventListener("input", function () {
    const now = {};
    fields().forEach(function (field) {
      if (field.type !== "radio" || field.checked) {
        now[field.name] = field.value;
      }
    });
    window.sessionStorage.setItem(key, JSON.stringify(now));
  });
  form.addEventListener("submit", function () {
    window.sessionStorage.removeItem(key);
  });
})();
