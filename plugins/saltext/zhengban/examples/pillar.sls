# Example for the pillar of all minions: watch for changes. The policy never travels through pillar.
beacons:
  zhengban:
    - interval: 1
