"""Pictures: of networks (graph), of their signals (signals), of sweeps."""
