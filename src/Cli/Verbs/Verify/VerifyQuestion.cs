using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Simulator.Inputs;
using Sim.Verification;
using Sim.Verification.Relations;
using Sim.Verification.Solvers;
using Sim.Workloads.Graph;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs.Verify;

/// <summary>A network as `sim verify` reads it: the registers that were asked about, and those of them that cannot be judged.</summary>
internal sealed record VerifyQuestion(IntegerNetwork Network, Tensor? Data, ImmutableArray<IntegerLayer> Registers,
    ImmutableArray<UnjudgedNode> NotJudged, VerifyRequest Request)
{
    /// <summary>The network with data and labels, for the report; null: no report was asked.</summary>
    internal LoadedWorkload? Workload { get; private init; }

    /// <summary>What the answer is about: the whole network or a part of it.</summary>
    internal required string Scope { get; init; }

    /// <summary>Reads the network; null after recording what is wrong.</summary>
    internal static VerifyQuestion? Read(VerifyRequest request, ReadingRequest reading, DiagnosticBag bag)
    {
        (IntegerNetwork Network, Tensor? Data)? read = reading.Read(request, bag);
        WidthReporting.Check(request, reading, bag);
        if (read is not { Network: var network }) return null;
        ImmutableArray<IntegerLayer> registers = reading.Of(network);
        ImmutableArray<UnjudgedNode> open = reading.NotJudged(network);
        if (registers.IsEmpty)
        {
            string listed = open.IsEmpty ? "" : $"; not judged: {string.Join("; ", open)}";
            if (network.Registers.IsEmpty) bag.Error(new Location(request.Model!), "VER003",
                $"no layer of this network sums integers; quantize it first, or give --weight-bits and --activation-bits{listed}");
            else bag.Error(new Location("--registers"), "VER003",
                $"the network has no registers of '{reading.Registers}' whose integers are known{listed}");
            return null;
        }
        foreach (string missing in request.Layers.Except(registers.Select(l => l.Name)))
            bag.Error(new Location("--layer"), "VER002", open.FirstOrDefault(n => n.Name == missing) is { } unjudged
                ? $"{unjudged}, so that it is not judged"
                : $"the network has no integer layer '{missing}'{NearestName.Hint(missing, registers.Select(l => l.Name))}; it has {string.Join(", ", registers.Select(l => l.Name))}");
        LoadedWorkload? workload = request.Report is null ? null : WidthReporting.Load(request.Model!, request, reading, bag);
        bool all = request.Layers.IsEmpty;
        return new(network, read.Value.Data, registers, all ? open : [], request)
            { Workload = workload, Scope = all ? reading.Scope : "the layers asked for" };
    }

    /// <summary>The claims about this network, and the registers that they are made of.</summary>
    /// <exception cref="InvalidInputException">A claim cannot be made of a register, or constraints do not fit.</exception>
    internal (VerifyOptions Claims, ImmutableArray<IntegerLayer> Registers) Claimed(VerifyOptions claims, SolverRequest solving,
        SolverPool solvers)
    {
        if (Request.AreRelated) claims = claims with { Network = new NetworkRelations(Network) };
        var bag = new DiagnosticBag();
        foreach (IntegerLayer layer in Asked(Registers))
        {
            try
            {
                claims.Claim(layer, 0, claims.Widths(64));
            }
            catch (NotSupportedException e)
            {
                bag.Error(new Location(Request.Model!), "VER004", e.Message);
            }
        }
        bag.ThrowIfErrors();
        (claims, ImmutableArray<IntegerLayer> registers) = solving.Constrain(claims, Registers, solvers);
        return (claims, Asked(registers));
    }

    private ImmutableArray<IntegerLayer> Asked(ImmutableArray<IntegerLayer> registers) =>
        [.. registers.Where(l => Request.Layers.IsEmpty || Request.Layers.Contains(l.Name))];
}
