-- Rotation of signing keys: of the instances that make the next key of an algorithm at once, one succeeds.
create unique index signing_keys_next on signing_keys (algorithm) where state = 'next';
