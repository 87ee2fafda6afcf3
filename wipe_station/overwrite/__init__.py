"""The overwrite core: what must stand where (``stream``), and moving it at speed (``pump``)."""
