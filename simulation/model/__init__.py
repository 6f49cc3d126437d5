"""How a member behaves: pure, compiled functions without a time loop. Import the submodules by name."""
