"""What tests share: databases of their own, real processes, and builders in the trade's words."""
