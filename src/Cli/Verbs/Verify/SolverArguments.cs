using System.Collections.Immutable;
using System.CommandLine;
using Sim.Foundation.Diagnostics;
using Sim.Verification;
using Sim.Verification.Constraints;
using Sim.Verification.Provers;
using Sim.Verification.Solvers;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs.Verify;

/// <summary>What is known of inputs beyond their boxes, and who shall prove it.</summary>
internal sealed record SolverRequest(string? Constraints, string? Provers, string? Solver, double TimeLimit, int MemoryLimit)
{
    private const double LongestLimit = 86400;

    // Asked before what is wrong with the request is thrown, so any number has to do.
    internal TimeSpan Limit => TimeSpan.FromSeconds(Math.Clamp(TimeLimit, 0, LongestLimit));

    /// <summary>Sessions with the solver; none starts before it is asked. Certified answers are confirmed by a second one, where there is
    /// another.</summary>
    internal SolverPool Open(Terminal terminal, bool confirmed = false)
    {
        ISmtSolver library = Library(), z3 = SolverCommand.Z3("z3", MemoryLimit), cvc5 = SolverCommand.Cvc5();
        ISmtSolver first = Solver is null ? new FirstSolver([library, z3, cvc5], what => terminal.Error.WriteLine($"note {what}"))
            : Named(library);
        SolverPool? second = confirmed ? new(new OtherSolver(first, [cvc5, z3, library]), terminal.Cancellation) : null;
        return new(first, terminal.Cancellation) { Second = second };
    }

    // libz3: the library. Otherwise the first word is the program, the others its arguments.
    private ISmtSolver Named(ISmtSolver library)
    {
        string[] words = Solver!.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string name = Path.GetFileNameWithoutExtension(words[0]);
        if (words is ["libz3"]) return library;
        bool z3 = name.StartsWith("z3", StringComparison.OrdinalIgnoreCase);
        if (words.Length == 1 && z3) return SolverCommand.Z3(words[0], MemoryLimit);
        return words.Length == 1 && name.StartsWith("cvc5", StringComparison.OrdinalIgnoreCase) ? SolverCommand.Cvc5(words[0])
            : new SolverCommand(words[0], [.. words.Skip(1)], z3);
    }

    // This program as a worker; where dotnet runs it, its file is the first argument.
    private ISmtSolver Library()
    {
        string self = Environment.ProcessPath ?? "sim";
        bool hosted = Path.GetFileNameWithoutExtension(self) == "dotnet";
        return Z3Library.Of(self, hosted ? [typeof(SolverRequest).Assembly.Location] : [], MemoryLimit);
    }

    /// <summary>The ladder that was asked for; records what is wrong with the request.</summary>
    internal ImmutableArray<IProver> Ladder(SolverPool solvers, DiagnosticBag bag)
    {
        ImmutableArray<IProver> all = ProverCatalogue.With(solvers, Limit);
        string[] names = Provers?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            ?? [.. all.Select(p => p.Name)];
        foreach (string name in names.Where(n => all.All(p => p.Name != n)))
            bag.Error(new Location("--provers"), "CLI002",
                $"no prover '{name}'{NearestName.Hint(name, all.Select(p => p.Name))}; allowed are {string.Join(", ", all.Select(p => p.Name))}");
        if (names.Length == 0) bag.Error(new Location("--provers"), "CLI002",
            $"give at least one of {string.Join(", ", all.Select(p => p.Name))}");
        return [.. all.Where(p => names.Contains(p.Name))];
    }

    /// <summary>Records limits and programs that make no sense.</summary>
    internal void Check(DiagnosticBag bag)
    {
        if (!(TimeLimit > 0 && TimeLimit <= LongestLimit))
            bag.Error(new Location("--time-limit"), "CLI002",
                FormattableString.Invariant($"a solver gets more than 0 and at most {LongestLimit} seconds, found {TimeLimit}"));
        if (MemoryLimit is < 16 or > 1 << 20) bag.Error(new Location("--memory-limit"), "CLI002",
            $"a solver gets 16 to {1 << 20} MiB, found {MemoryLimit}");
        if (Solver is not null && string.IsNullOrWhiteSpace(Solver)) bag.Error(new Location("--solver"), "CLI002",
            "give the program of a solver");
    }

    /// <summary>The claims with the declared relations, and the layers with the declared boxes.</summary>
    /// <exception cref="InvalidInputException">Constraints are wrong, do not fit the layers, or nothing fulfils them.</exception>
    internal (VerifyOptions Claims, ImmutableArray<IntegerLayer> Layers) Constrain(VerifyOptions claims,
        ImmutableArray<IntegerLayer> layers, SolverPool solvers)
    {
        if (Constraints is null) return (claims, layers);
        var bag = new DiagnosticBag();
        ImmutableArray<LayerConstraints> file = ConstraintsFile.Load(Constraints, bag);
        bag.ThrowIfErrors();
        (BoundConstraints Constraints, ImmutableArray<IntegerLayer> Layers)? bound = BoundConstraints.Bind(file, layers, claims.ZeroPoints,
            bag);
        bag.ThrowIfErrors();
        claims = claims with { Relations = bound!.Value.Constraints.Relations };
        BoundConstraints.CheckPossible(file, bound.Value.Layers, claims, solvers, Limit, bag);
        bag.ThrowIfErrors();
        return (claims, bound.Value.Layers);
    }
}

/// <summary>The options of `sim verify` about tied inputs and solvers.</summary>
internal sealed class SolverArguments
{
    private readonly Option<string?> _constraints = new("--constraints")
        { Description = "What is known of the inputs of layers: boxes, one-hot groups, simplexes, linear constraints",
        HelpName = "C.yaml" };
    private readonly Option<string?> _provers = new("--provers")
        { Description = $"Only these provers: {string.Join(", ", ProverCatalogue.All.Select(p => p.Name))}", HelpName = "A,B" };
    private readonly Option<string?> _solver = new("--solver")
    {
        Description = "Who is asked: libz3 (the library in a process of its own), or the program (and arguments) of an SMT-LIB solver. "
            + "Default: libz3, then z3, then cvc5. With --check: who is asked again",
        HelpName = "Z3",
    };
    private readonly Option<double> _timeLimit = new("--time-limit") { Description = "Seconds that the solver may take for one channel",
        HelpName = "S", DefaultValueFactory = _ => 10 };
    private readonly Option<int> _memoryLimit = new("--memory-limit") { Description = "Memory of one solver process", HelpName = "MIB",
        DefaultValueFactory = _ => 2048 };

    internal void AddTo(VerbCommand command)
    {
        foreach (Option option in (Option[])[_constraints, _provers, _solver, _timeLimit, _memoryLimit]) command.Add(option);
    }

    internal SolverRequest Read(ParseResult parsed) =>
        new(parsed.GetValue(_constraints), parsed.GetValue(_provers), parsed.GetValue(_solver), parsed.GetValue(_timeLimit),
            parsed.GetValue(_memoryLimit));
}
