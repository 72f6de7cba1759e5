"""What is kept: tables, queries, migrations and the audit log; all SQL on the store lives here."""
