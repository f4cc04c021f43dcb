namespace Sim.Workloads.Execution.Operators;

/// <summary>Sliding window of a convolution or pooling: attributes resolved against the input's spatial shape, any number of spatial
/// dimensions.</summary>
internal sealed class WindowAttributes
{
    private WindowAttributes(int[] kernel, int[] strides, int[] dilations, int[] begin, int[] end, int[] output) =>
        (Kernel, Strides, Dilations, PadBegin, PadEnd, Output) = (kernel, strides, dilations, begin, end, output);

    internal int[] Kernel { get; }

    internal int[] Strides { get; }

    internal int[] Dilations { get; }

    internal int[] PadBegin { get; }

    internal int[] PadEnd { get; }

    /// <summary>Spatial output shape.</summary>
    internal int[] Output { get; }

    /// <summary>Resolves strides, dilations, pads, auto_pad and ceil_mode for an input of shape [N, C, spatial…].</summary>
    internal static WindowAttributes Of(OperatorCall call, int[] inputShape, int[] kernel)
    {
        int rank = inputShape.Length - 2;
        if (kernel.Length != rank) throw call.Fail($"kernel [{string.Join(',', kernel)}] does not fit an input of {rank} spatial dimensions");
        int[] strides = List(call, "strides", rank, 1), dilations = List(call, "dilations", rank, 1),
            pads = List(call, "pads", 2 * rank, 0);
        if (kernel.Concat(strides).Concat(dilations).Any(v => v < 1)) throw call.Fail("kernel, strides and dilations must be at least 1");
        string auto = call.Text("auto_pad", "NOTSET");
        if (auto is not ("NOTSET" or "VALID" or "SAME_UPPER"
            or "SAME_LOWER")) throw call.Fail($"auto_pad '{auto}' is not one of NOTSET, VALID, SAME_UPPER, SAME_LOWER");
        if (pads.Any(p => p < 0)) throw call.Fail("pads must not be negative");
        bool ceil = call.Flag("ceil_mode", false);
        int[] begin = [.. pads[..rank]], end = [.. pads[rank..]], output = new int[rank];
        for (int i = 0; i < rank; i++)
        {
            int input = inputShape[i + 2], span = dilations[i] * (kernel[i] - 1) + 1;
            if (auto.StartsWith("SAME", StringComparison.Ordinal))
            {
                output[i] = (input + strides[i] - 1) / strides[i];
                int total = Math.Max(0, (output[i] - 1) * strides[i] + span - input);
                begin[i] = auto == "SAME_UPPER" ? total / 2 : total - total / 2;
                end[i] = total - begin[i];
                if (call.Has("pads")) RefuseOther(call, auto, pads, i, rank, begin[i], end[i]);
                continue;
            }
            if (auto == "VALID")
            {
                if (call.Has("pads")) RefuseOther(call, auto, pads, i, rank, 0, 0);
                begin[i] = end[i] = 0;
            }
            int room = input + begin[i] + end[i] - span;
            if (room < 0) throw call.Fail($"a window of {span} does not fit into {input} + padding {begin[i]} + {end[i]} (spatial dimension {i})");
            output[i] = (ceil ? room + strides[i] - 1 : room) / strides[i] + 1;
            // A window that starts in the far padding would see no input; ONNX leaves it out.
            if (ceil && (output[i] - 1) * strides[i] >= input + begin[i]) output[i]--;
        }
        return new WindowAttributes(kernel, strides, dilations, begin, end, output);
    }

    // ONNX does not allow both; exporters that write both write pads that are 0 or what auto_pad means.
    private static void RefuseOther(OperatorCall call, string auto, int[] pads, int i, int rank, int begin, int end)
    {
        if ((pads[i] != 0 || pads[i + rank] != 0) && (pads[i] != begin || pads[i + rank] != end))
            throw call.Fail($"auto_pad {auto} pads dimension {i} by {begin} and {end}, pads by {pads[i]} and {pads[i + rank]}; allowed is one of them");
    }

    private static int[] List(OperatorCall call, string name, int length, int absent)
    {
        int[] list = call.Ints(name) ?? Enumerable.Repeat(absent, length).ToArray();
        return list.Length == length ? list : throw call.Fail($"attribute '{name}' must have {length} entries, found {list.Length}");
    }
}
