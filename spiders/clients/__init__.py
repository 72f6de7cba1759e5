"""Dialects of services that several readers share: addresses, paging, typed reading."""
