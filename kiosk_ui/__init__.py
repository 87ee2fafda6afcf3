"""The page of the counter: drives as cards, plan, hold-to-wipe, progress, result, documents.

A process of its own that owns no device, no key and no database: it speaks to the daemon's socket
and to browsers on the loopback address, and to nothing else. ``main`` starts it, ``app`` holds the
routes, ``live`` brings news from the daemon to every open page, ``words`` the two languages,
``page`` the templates, ``guard`` what a browser must show before anything is changed.

The Chinese sentence is the message id; ``locale/en`` holds the English beside it.
"""
