namespace Sim.ArchModel.Hierarchies;

/// <summary>One operand of a matrix layer by role; usable as an index. Attention products have two activations: the second takes the role
/// of weights.</summary>
public enum Operand
{
    /// <summary>Inputs.</summary>
    Activations,

    /// <summary>Weights, or the second activation of an attention product.</summary>
    Weights,

    /// <summary>Results, and partial sums until they are complete.</summary>
    Outputs,
}
