"""What Plexus is told to do: schema, loading, frozen snapshots, live reload."""
