// Starts Swagger UI for one API. Swagger UI keeps logins in one place for all APIs of an origin, by the names of
// their security schemes, which are the same at several vendors. So each API's logins are kept by its own path here.
const page = document.getElementById("swagger-ui");
const place = `authorized ${page.dataset.api}`;

const loginsOfThisApi = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        persistAuthorizationIfNeeded: (_original, system) => () => {
          localStorage.setItem(place, JSON.stringify(system.authSelectors.authorized().toJS()));
        },
      },
    },
    configs: {
      wrapActions: {
        loaded: (original, system) => (...values) => {
          const kept = localStorage.getItem(place);
          if (kept) system.authActions.restoreAuthorization({ authorized: JSON.parse(kept) });
          return original(...values);
        },
      },
    },
  },
});

localStorage.removeItem("authorized"); // of an earlier version, for all APIs together
window.ui = SwaggerUIBundle({
  url: page.dataset.document,
  domNode: page,
  deepLinking: true,
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: false,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  plugins: [SwaggerUIBundle.plugins.DownloadUrl, loginsOfThisApi],
  layout: "StandaloneLayout",
});
