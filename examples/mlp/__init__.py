"""The pieces of `examples.train_mlp`: data, model, optimisers, training, study, plots, comparison."""
