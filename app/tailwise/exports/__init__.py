"""Files that leave the building: work orders and manifests."""
