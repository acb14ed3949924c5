// Starts Swagger UI for one API. By itself, Swagger UI stores credentials for the whole origin under the names of
// security schemes, which several APIs share. So this page stores them under a key of its own for each API.
const page = document.getElementById("swagger-ui");
const storageKey = `authorized ${page.dataset.api}`;

const storeCredentialsPerApi = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        persistAuthorizationIfNeeded: (_original, system) => () => {
          localStorage.setItem(storageKey, JSON.stringify(system.authSelectors.authorized().toJS()));
        },
      },
    },
    configs: {
      wrapActions: {
        loaded: (original, system) => (...values) => {
          const stored = localStorage.getItem(storageKey);
          if (stored) system.authActions.restoreAuthorization({ authorized: JSON.parse(stored) });
          return original(...values);
        },
      },
    },
  },
});

// Swagger UI follows the system's light or dark mode until its switch is used, but forgets the choice. So this page
// remembers it, for all APIs.
const root = document.documentElement;
const mode = () => (root.classList.contains("dark-mode") ? "dark" : "light");

const keepMode = () => {
  root.classList.remove("loading");
  const chosen = localStorage.getItem("mode");
  const toggle = document.querySelector(".dark-mode-toggle button");
  if (chosen && chosen !== mode()) toggle?.click();
  new MutationObserver(() => localStorage.setItem("mode", mode())).observe(root, { attributeFilter: ["class"] });
};

// Enters the published keys of the tenant "demo", so that Execute succeeds. What the user entered or removed stays.
// Nothing is entered if the control plane requires a token, or if the tenant was deleted.
const enterDemoKeys = async () => {
  if (!page.dataset.vendor || localStorage.getItem(storageKey)) return;
  const response = await fetch("/__sandbox/tenants/demo/credentials");
  if (!response.ok) return;
  const { headers, query } = (await response.json()).vendors[page.dataset.vendor];
  const sent = new Headers(headers);
  const system = window.ui.getSystem();
  for (const [name, scheme] of Object.entries(system.specSelectors.specJson().toJS().components.securitySchemes)) {
    const bearer = scheme.type === "apiKey" ? null : sent.get("Authorization")?.replace(/^Bearer /, "");
    const value = bearer ?? (scheme.in === "query" ? query[scheme.name] : sent.get(scheme.name ?? ""));
    if (value) system.authActions.authorize({ [name]: { name, schema: scheme, value } });
  }
};

localStorage.removeItem("authorized"); // stored by earlier versions, for all APIs together
window.ui = SwaggerUIBundle({
  url: page.dataset.document,
  domNode: page,
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [SwaggerUIBundle.plugins.DownloadUrl, storeCredentialsPerApi],
  layout: "StandaloneLayout",
  onComplete: () => {
    keepMode();
    enterDemoKeys();
  },
});
