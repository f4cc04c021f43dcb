using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Nests;

/// <summary>Names of operands in texts.</summary>
public static class OperandNames
{
    /// <summary>`activations`, `weights`, `outputs`.</summary>
    public static string Of(Operand operand) => operand switch
    {
        Operand.Activations => "activations",
        Operand.Weights => "weights",
        Operand.Outputs => "outputs",
        _ => throw new ArgumentOutOfRangeException(nameof(operand), operand, null),
    };

    /// <summary>The operand of a name; null: none.</summary>
    public static Operand? Find(string name)
    {
        foreach (Operand operand in Enum.GetValues<Operand>())
            if (Of(operand) == name) return operand;
        return null;
    }
}
