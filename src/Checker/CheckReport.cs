namespace Sim.Checker;

/// <summary>What checking a folder of certificates found. Only <see cref="Holds"/> means that every register of the network is proved or
/// refuted as stated.</summary>
/// <param name="Layers">Layers that the manifest lists.</param>
/// <param name="Proved">Claims whose proof was followed.</param>
/// <param name="Refuted">Claims whose counterexample was replayed.</param>
/// <param name="Unknown">Claims that say themselves that nothing is known.</param>
/// <param name="Faults">What does not hold, one line each.</param>
/// <param name="Untied">What is consistent in itself, but could not be read again from the model (or the declared premises), one line
/// each.</param>
/// <param name="Absent">Registers of the network that the folder says nothing about.</param>
/// <param name="Questions">Proofs that are a solver's answers; never counted as proved here.</param>
public sealed record CheckReport(int Layers, int Proved, int Refuted, int Unknown,
    IReadOnlyList<string> Faults, IReadOnlyList<string> Untied, IReadOnlyList<string> Absent, IReadOnlyList<Question> Questions)
{
    /// <summary>Whether all of it was followed, tied to the model, and nothing of the network is left out or unknown.</summary>
    public bool Holds => Layers > 0 && Proved + Refuted > 0 && Unknown + Faults.Count + Untied.Count + Absent.Count + Questions.Count == 0;
}

/// <summary>An SMT-LIB 2 script that the checker wrote itself. The claim holds when the answers to its check-sat commands are `sat`, then
/// <paramref name="Unsat"/> times `unsat`.</summary>
/// <param name="Place">File and channel.</param>
public sealed record Question(string Place, string Script, int Unsat);

/// <summary>Low ≤ Σ coefficient·input ≤ High over the K inputs of a row as the multipliers take them; a missing end is null.</summary>
public sealed record Relation(IReadOnlyList<System.Numerics.BigInteger> Coefficients, System.Numerics.BigInteger? Low,
    System.Numerics.BigInteger? High);

/// <summary>What is taken for granted about inputs beside the model: whoever calls the checker declares it. Certificates that assume
/// anything else are refused.</summary>
public interface IPremises
{
    /// <summary>The boxes of a layer's operands, entry by entry as certificates list them; null: those of the model.</summary>
    IReadOnlyList<(System.Numerics.BigInteger Low, System.Numerics.BigInteger High)>? Boxes(string layer);

    /// <summary>The relations between the inputs of a row.</summary>
    IReadOnlyList<Relation> Relations(string layer, int row);
}

/// <summary>A statement that does not hold or cannot be read; caught where its place is known.</summary>
internal class Fault(string what) : Exception(what);

/// <summary>A statement about something of the model that this checker does not read: not wrong, but tied to nothing.</summary>
internal sealed class Untied(string what) : Fault(what);
