using Sim.Workloads.Execution.Operators;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution;

/// <summary>The windows of a pooling node in the terms of a convolution.</summary>
public static class WindowGeometry
{
    /// <summary>Kernel, strides, dilations, padding and output size of AveragePool or MaxPool on an input of one or two spatial dimensions;
    /// a single one is the width.</summary>
    /// <exception cref="NetworkException">The attributes do not fit the input.</exception>
    public static ConvGeometry Of(Node node, int opset, int[] input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var call = new OperatorCall(node, opset, []);
        if (input.Length is not (3 or 4)) throw call.Fail($"input {Shapes.Text(input)} has not one or two spatial dimensions");
        return ConvPlan.Window(input,
            WindowAttributes.Of(call, input, call.Ints("kernel_shape") ?? throw call.Fail("attribute 'kernel_shape' is missing")));
    }
}
