"""A transparency log that anybody can check: RFC 6962 hashes in C2SP's tiles, notes and proofs.

Who decides what: `tree` (hashes and proofs), `tiles` (which file holds which hash), `note` (signed
text), `checkpoint` (what a log says of itself), `proof` (one entry's file in a bundle), `entry`
(what may stand in the log), `audit` (a whole log against its rules). All but `folder`, which reads
a log on disk, and `writer`, which makes one, are pure.
"""
