"""Classes of Keras layers by what they do in a network, by name."""

CONVOLUTIONS = ("Conv1D", "Conv2D", "Conv3D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose")
POOLINGS = ("MaxPooling2D", "AveragePooling2D")
GLOBAL_POOLINGS = ("GlobalAveragePooling2D", "GlobalMaxPooling2D")
WEIGHTED = (*CONVOLUTIONS, "Dense")
WEIGHTLESS = ("Activation", "Softmax", "Sigmoid", "Reshape", "Flatten", *GLOBAL_POOLINGS)
"""Layers that may follow the output's weights."""
SCALING = ("Rescaling", "Normalization")
ACTIVATIONS = ("Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax")
NOISE = ("Dropout", "SpatialDropout2D", "GaussianNoise", "GaussianDropout", "AlphaDropout")
MERGING = ("Add", "Average", "Concatenate", "Maximum", "Subtract")
PADDING = ("ZeroPadding2D",)


def is_normalization(class_name: str) -> bool:
    """Whether a layer normalizes by statistics of what passes or passed."""
    return "Normalization" in class_name and class_name not in SCALING
