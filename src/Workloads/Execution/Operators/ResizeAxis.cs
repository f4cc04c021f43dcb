namespace Sim.Workloads.Execution.Operators;

/// <summary>One dimension of a Resize: which input coordinate each output coordinate comes from, and with which weights its neighbours
/// count.</summary>
/// <param name="Width">Output size as a fraction, when it comes from a scale.</param>
internal sealed record ResizeAxis(int Input, int Output, double Width, double Numerator, double Denominator, string? Mode, double Start,
    double End)
{
    // Nothing changes: every coordinate is its own.
    internal bool IsKept => Mode is null;

    internal bool AnyOutside => Mode == "tf_crop_and_resize" && Enumerable.Range(0, Output).Any(IsOutside);

    internal static ResizeAxis Kept(int[] shape, int axis) => new(shape[axis], shape[axis], shape[axis], 1, 1, null, 0, 1);

    /// <summary>An axis that is scaled; its output size is floor(float32(size · scale)), as ONNX's shape inference has it.</summary>
    internal static ResizeAxis OfScale(OperatorCall call, int[] shape, int axis, float scale, string mode, double start, double end)
    {
        if (axis >= shape.Length) throw call.Fail("there are more scales than dimensions");
        if (!(scale > 0) || !float.IsFinite(scale)) throw call.Fail("every scale must be greater than 0 and finite");
        double output = Math.Floor(shape[axis] * scale);
        if (output > int.MaxValue) throw call.Fail($"dimension {axis} becomes {output}, more than a dimension can be");
        return scale == 1 && mode != "tf_crop_and_resize" ? Kept(shape, axis)
            : new(shape[axis], (int)output, (double)shape[axis] * scale, 1, scale, mode, start, end);
    }

    /// <summary>An axis of a given size, or of the size that a common scale gives, halves rounded up.</summary>
    internal static ResizeAxis OfSize(int[] shape, int axis, int size, double? common, string mode, double start, double end)
    {
        if (common is { } scale) return new(shape[axis], (int)Math.Floor(shape[axis] * scale + 0.5), shape[axis] * scale, 1, scale, mode,
            start, end);
        // The ratio stays a fraction, so that ties are exact.
        return size == shape[axis] && mode != "tf_crop_and_resize" ? Kept(shape, axis)
            : new(shape[axis], size, size, shape[axis], size, mode, start, end);
    }

    internal static void CheckMode(OperatorCall call, string mode)
    {
        if (mode is not ("half_pixel" or "half_pixel_symmetric" or "pytorch_half_pixel" or "align_corners" or "asymmetric"
            or "tf_crop_and_resize" or "tf_half_pixel_for_nn"))
            throw call.Fail($"coordinate_transformation_mode '{mode}' is not one of half_pixel, half_pixel_symmetric, pytorch_half_pixel, align_corners, asymmetric, tf_crop_and_resize, tf_half_pixel_for_nn");
    }

    internal bool IsOutside(int i) => Mode == "tf_crop_and_resize" && Coordinate(i) is var x && (x < 0 || x > Input - 1);

    /// <summary>The input pixel of each output pixel.</summary>
    internal int[] Nearest(string mode)
    {
        double Pick(double x) => mode switch
        {
            "" => Denominator < Numerator ? Math.Ceiling(x) : Math.Floor(x),
            "floor" => Math.Floor(x),
            "ceil" => Math.Ceiling(x),
            "round_prefer_floor" => Math.Ceiling(x - 0.5),
            _ => Math.Floor(x + 0.5),
        };
        return [.. Enumerable.Range(0, Output).Select(i => (int)Math.Clamp(Pick(Coordinate(i)), 0, Input - 1))];
    }

    /// <summary>For each output coordinate the first input coordinate and the weights from there on; coordinates beyond the edge count as
    /// the edge.</summary>
    internal (int[] First, double[][] Weights) Weights(OperatorCall call, string mode, bool antialias)
    {
        bool cubic = mode == "cubic", excluded = call.Flag("exclude_outside", false);
        double a = call.Real("cubic_coeff_a", -0.75f), stretch = antialias ? Math.Min(1, Denominator / Numerator) : 1;
        // The kernel reaches 1 (linear) or 2 (cubic) pixels, further when it is stretched.
        int begin = (int)Math.Floor(-(cubic ? 2 : 1) / stretch) + 1, count = 2 - 2 * begin;
        var first = new int[Output];
        var weights = new double[Output][];
        for (int i = 0; i < Output; i++)
        {
            double x = Coordinate(i), below = Math.Ceiling(x) - 1, ratio = x - below;
            first[i] = (int)Math.Clamp(below, -count, Input + count) + begin;
            double[] w = [.. Enumerable.Range(begin, count).Select(j => Kernel(Math.Abs(j - ratio) * stretch))];
            for (int j = 0; j < w.Length; j++)
                if (excluded && (first[i] + j < 0 || first[i] + j >= Input)) w[j] = 0;
            double sum = w.Sum();
            weights[i] = (excluded || antialias) && sum != 0 ? Array.ConvertAll(w, v => v / sum) : w;
        }
        return (first, weights);
        // Keys' cubic convolution; the triangle for linear.
        double Kernel(double t) => !cubic ? Math.Max(0, 1 - t)
            : t <= 1 ? ((a + 2) * t - (a + 3)) * t * t + 1
            : t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
    }

    // The input coordinate of output coordinate i.
    private double Coordinate(int i) => Mode switch
    {
        "asymmetric" => i * Numerator / Denominator,
        "align_corners" => Width == 1 ? 0 : i * (Input - 1) / (Width - 1),
        "pytorch_half_pixel" when Output == 1 => 0,
        "tf_half_pixel_for_nn" => (i + 0.5) * Numerator / Denominator,
        "tf_crop_and_resize" => Start * (Input - 1)
            + (Width == 1 ? (End - Start) * (Input - 1) / 2 : i * (End - Start) * (Input - 1) / (Width - 1)),
        "half_pixel_symmetric" => Input / 2.0 * (1 - Output / Width) + (i + 0.5) * Numerator / Denominator - 0.5,
        _ => (i + 0.5) * Numerator / Denominator - 0.5,
    };
}
