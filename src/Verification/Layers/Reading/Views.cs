using Sim.Workloads.Graph;

namespace Sim.Verification.Layers.Reading;

/// <summary>Operators that make no values: views keep everything that is known; those that move or choose elements keep the range.</summary>
internal static class Views
{
    /// <summary>Identity, Dropout, Flatten, Reshape, Squeeze, Unsqueeze: the elements of a sample keep their order.</summary>
    internal static void Same(GraphReading reading, Node node)
    {
        if (reading.Value(node, 0) is { } value) reading.Set(node, value);
    }

    /// <summary>Transpose, Slice, Gather of values, …: every element of the output is one of the input.</summary>
    internal static void Moved(GraphReading reading, Node node)
    {
        if (reading.Value(node, 0) is Stored value) reading.Set(node, new Stored(null, value.Type, [value.Hull]));
    }

    /// <summary>MaxPool, GlobalMaxPool: elements chosen within a channel. Which sum they come from depends on the data, so the link ends here.</summary>
    internal static void Chosen(GraphReading reading, Node node)
    {
        if (reading.Value(node, 0) is not Stored value) return;
        int[] shape = reading.Shape(node.Outputs[0]);
        reading.Set(node, new Stored(null, value.Type, value.Box, value.Box.Length == 1 ? 1 : Shapes.Count(shape.AsSpan(2))));
    }
}
