using Sim.Workloads.Execution;
using Sim.Workloads.Execution.Operators;

namespace Sim.Workloads.Graph;

/// <summary>
/// Which rows of a MatMul's left operand meet each matrix of its weights, by NumPy's broadcasting of the leading dimensions. Rows count
/// through all matrices of an operand; a group is one matrix of the weights.
/// </summary>
/// <param name="OutputShape">Shape of the product.</param>
/// <param name="Groups">Of each group the rows of the left operand and the rows of the product that they give.</param>
public sealed record ProductRows(int[] OutputShape, (int[] Input, int[] Output)[] Groups)
{
    /// <summary>The rows of a node whose operands have these shapes.</summary>
    public static ProductRows Of(Node node, int opset, int[] left, int[] weights)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(weights);
        MatMulPlan plan = MatMulPlan.Of(new OperatorCall(node, opset, []), left, weights);
        var groups = new (List<int> Input, List<int> Output)[MatricesOf(weights)];
        for (int g = 0; g < groups.Length; g++) groups[g] = ([], []);
        for (int product = 0; product < plan.Batches; product++)
        {
            (List<int> input, List<int> output) = groups[plan.RightBatch(product)];
            for (int m = 0; m < plan.M; m++)
            {
                input.Add(plan.LeftBatch(product) * plan.M + m);
                output.Add(product * plan.M + m);
            }
        }
        return new(plan.OutputShape, [.. groups.Select(g => (g.Input.ToArray(), g.Output.ToArray()))]);
    }

    /// <summary>Matrices that a tensor of weights holds: the groups of its layer.</summary>
    public static int MatricesOf(int[] weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return weights.Length <= 2 ? 1 : Shapes.Count(weights.AsSpan(0, weights.Length - 2));
    }
}
