namespace Sim.ArchModel.Hierarchies;

/// <summary>One value for each operand.</summary>
public readonly record struct PerOperand<T>(T Activations, T Weights, T Outputs)
{
    /// <summary>The value of an operand.</summary>
    public T this[Operand operand] => operand switch
    {
        Operand.Activations => Activations,
        Operand.Weights => Weights,
        Operand.Outputs => Outputs,
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, null),
    };
}

/// <summary>Makes values for each operand.</summary>
public static class PerOperand
{
    /// <summary>Values by a rule.</summary>
    public static PerOperand<T> Of<T>(Func<Operand, T> rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return new(rule(Operand.Activations), rule(Operand.Weights), rule(Operand.Outputs));
    }
}
