"""The API: JSON under /api/v1, over the same functions as the pages and the commands."""

from sourcing.web.api.routes import router as router
