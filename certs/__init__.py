"""The certificate authority of the intercepting door, and how programs come to trust it."""
