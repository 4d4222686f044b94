/* The idle lock over a form. The server holds the lock; this shows it, so that nothing typed is lost. */
(function () {
  "use strict";

  const dialog = document.getElementById("idle-lock");
  const warning = document.getElementById("idle-warning");
  if (!dialog) {
    return;
  }
  const limit = Number(dialog.dataset.minutes) * 60000;
  const warnBefore = Math.min(60000, limit / 2);
  // Told to the server this often while someone types on a page that sends nothing by itself.
  const tellEvery = Math.min(60000, limit / 4);
  const shared = "lims-last-active";
  const form = dialog.querySelector("[data-unlock]");
  const password = form.querySelector("input[type=password]");
  const error = document.getElementById("idle-error");
  let told = Date.now();
  let locked = false;

  function token() {
    return form.querySelector("input[name=csrfmiddlewaretoken]").value;
  }
  function post(url, body) {
    return fetch(url, {
      method: "POST",
      headers: { "X-CSRFToken": token(), Accept: "application/json" },
      body: body,
      credentials: "same-origin",
      redirect: "manual",
    });
  }
  // Windows of one browser share one session: being active in one keeps all of them open.
  function lastActive() {
    return Number(window.localStorage.getItem(shared) || 0);
  }
  function active() {
    if (locked) {
      return;
    }
    const now = Date.now();
    window.localStorage.setItem(shared, String(now));
    warning.hidden = true;
    if (now - told > tellEvery) {
      told = now;
      // Whether it arrives does not matter: the server only locks sooner.
      post(dialog.dataset.here).then(function (answer) {
        if (answer.status === 409) {
          lock();
        }
      }, function () {});
    }
  }
  function lock() {
    if (!locked) {
      locked = true;
      post(dialog.dataset.lock).catch(function () {});
    }
    warning.hidden = true;
    if (!dialog.open) {
      dialog.showModal();
      password.focus();
    }
  }
  function unlocked() {
    locked = false;
    told = Date.now();
    window.localStorage.setItem(shared, String(told));
    password.value = "";
    say("");
    dialog.close();
    // What was asked meanwhile was refused.
    document.querySelectorAll("[data-figures]").forEach(function (panel) {
      panel.dispatchEvent(new Event("refresh"));
    });
  }
  function say(text) {
    error.hidden = !text;
    error.querySelector("[data-reason]").textContent = text;
    password.closest(".field").classList.toggle("bad", Boolean(text));
    if (text) {
      password.setAttribute("aria-invalid", "true");
      password.setAttribute("aria-describedby", "idle-error");
      password.focus();
    } else {
      password.removeAttribute("aria-invalid");
      password.removeAttribute("aria-describedby");
    }
  }

  window.localStorage.setItem(shared, String(Date.now()));
  ["pointerdown", "keydown", "input", "wheel"].forEach(function (name) {
    document.addEventListener(name, active, { passive: true, capture: true });
  });
  window.setInterval(function () {
    if (locked) {
      return;
    }
    const left = limit - (Date.now() - lastActive());
    if (left <= 0) {
      lock();
    } else if (left <= warnBefore) {
      warning.querySelector("[data-seconds]").textContent = String(Math.ceil(left / 1000));
      warning.hidden = false;
    } else {
      warning.hidden = true;
    }
  }, 1000);

  // Locking by hand happens over the form too.
  document.addEventListener("submit", function (event) {
    if (event.target.matches("[data-lock-now]")) {
      event.preventDefault();
      lock();
    }
  });
  // Escape does not open a locked screen.
  dialog.addEventListener("cancel", function (event) { event.preventDefault(); });
  dialog.addEventListener("close", function () {
    if (locked) {
      dialog.showModal();
    }
  });
  // The server found the screen locked before this page did.
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.detail.xhr.getResponseHeader("X-Locked")) {
      lock();
    }
  });

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    const body = new FormData(form);
    password.value = "";
    post(form.action, body).then(function (answer) {
      if (answer.ok) {
        unlocked();
        return undefined;
      }
      if (answer.status === 422 || answer.status === 429) {
        return answer.json().then(function (told) { say(told.reasons.join(" ")); });
      }
      say(form.querySelector("[data-no-answer]").textContent);
      return undefined;
    }, function () {
      say(form.querySelector("[data-no-answer]").textContent);
    });
  });
})();
