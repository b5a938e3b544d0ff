"""Who requires whom among what a workspace is locked to: chains, pictures, circles."""
