// Swagger UI without inline script (strict CSP).
(() => {
  "use strict";
  const box = document.getElementById("swagger-ui");
  SwaggerUIBundle({
    url: box.dataset.schema,
    domNode: box,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    defaultModelsExpandDepth: -1,
    docExpansion: "list",
    validatorUrl: null,
  });
})();
