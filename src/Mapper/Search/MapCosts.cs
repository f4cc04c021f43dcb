using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Search;

/// <summary>
/// What an element of one operand costs at one memory. A word access serves all elements of the word, so these are words ÷ elements.
/// </summary>
/// <param name="Read">pJ of an element read.</param>
/// <param name="Write">pJ of an element written.</param>
/// <param name="Update">pJ of a partial sum that arrives from below (outputs only).</param>
/// <param name="Words">Accesses an element.</param>
/// <param name="Bits">Stored bits an element.</param>
public readonly record struct StoreRate(double Read, double Write, double Update, double Words, double Bits);

/// <summary>
/// Prices and widths of a hierarchy for one layer's formats.
/// </summary>
/// <param name="Levels">By level of the hierarchy and operand; entries of fabrics are not read. Outputs are partial sums.</param>
/// <param name="CompleteOutputs">Complete results at level 0, narrower than partial sums or equal.</param>
/// <param name="ProductPicojoules">pJ of a multiply-accumulate.</param>
/// <param name="CyclesPerProduct">Cycles between two products of a unit.</param>
/// <param name="DrainReads">Whether sums that leave a memory are read there.</param>
/// <param name="AddsRead">Whether a partial sum that arrives is a read (but the first time) and a write; else it is one update, and only
/// sums that go back down are read.</param>
public sealed record MapCosts(ImmutableArray<PerOperand<StoreRate>> Levels, StoreRate CompleteOutputs, double ProductPicojoules,
    double CyclesPerProduct = 1, bool DrainReads = true, bool AddsRead = false);

/// <summary>What a search makes least.</summary>
public enum MapObjective
{
    /// <summary>pJ.</summary>
    Energy,

    /// <summary>Cycles.</summary>
    Latency,

    /// <summary>pJ × cycles.</summary>
    Edp,
}
