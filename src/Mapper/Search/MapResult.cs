using System.Numerics;
using Sim.Mapper.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// Why a mapping is the best, or how far it may be from it: every candidate is evaluated, dropped by a rule or, when the effort ended,
/// bounded. Candidates are what is left of the mapspace when of
/// orders and places that cost the same or more by the rules of the documentation one stays.
/// </summary>
/// <param name="Mapspace">Mappings: placements × orders of stores × splits of every dimension over all places × orders of loops.</param>
/// <param name="Skeletons">Parts that were looked into: partial nests that were continued, or, of windows that these left open, classes of
/// placements, orders of stores and reuse patterns.</param>
/// <param name="Candidates">Mappings that the search tells apart: over the lattice of tiles all of the mapspace (at most 2^128 − 1), else
/// splits over open places in all skeletons.</param>
/// <param name="BySkeletonBound">Dropped with a whole skeleton: its bound is above the optimum.</param>
/// <param name="ByWayBound">Dropped with a split of one dimension whose bound is above the optimum.</param>
/// <param name="ByDominance">Dropped with a split that another one is nowhere worse than.</param>
/// <param name="ByLimit">Dropped below partial choices that do not fit.</param>
/// <param name="ByPartialBound">Dropped below partial choices whose bound is above the optimum; over the lattice all that was not
/// evaluated, once the optimum is proved.</param>
/// <param name="Evaluated">Evaluated by products.</param>
/// <param name="Counted">Nests counted exactly for all orders of a window's loops.</param>
/// <param name="Bound">A proved lower bound of the objective over all mappings: the value itself when it is the optimum.</param>
/// <param name="Value">The objective's value of the mapping.</param>
/// <param name="IsOptimal">Whether nothing was left unfinished that could be better.</param>
/// <param name="Effort">Counted steps of the search.</param>
public sealed record MapCertificate(BigInteger Mapspace, long Skeletons, UInt128 Candidates, UInt128 BySkeletonBound, UInt128 ByWayBound,
    UInt128 ByDominance, UInt128 ByLimit, UInt128 ByPartialBound, UInt128 Evaluated, long Counted, double Bound,
    double Value, bool IsOptimal, long Effort)
{
    /// <summary>How far the value may be above the optimum: 0.01 is 1 %.</summary>
    public double Gap => IsOptimal ? 0 : Value / Bound - 1;
}

/// <summary>The best mapping found with its counts, cost and certificate.</summary>
public sealed record MapResult(LoopNest Nest, NestCounts Counts, NestCost Cost, MapCertificate Certificate);
