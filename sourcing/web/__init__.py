"""The pages and the API: what a browser and a program see. No rule of the business lives here."""
