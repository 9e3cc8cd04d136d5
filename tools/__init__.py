"""Tools that stand outside the platform and meet it only through its public interfaces."""
