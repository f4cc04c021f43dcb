using System.Collections.Immutable;
using System.CommandLine;
using Sim.Foundation;
using Sim.Foundation.Diagnostics;

namespace Sim.Cli.Filters;

/// <summary>`--rounding`, `--overflow`, `--random-bits`: how results become codes.</summary>
internal sealed class RoundingOptions
{
    private static readonly ImmutableArray<(string Name, RoundingMode Value)> Modes =
    [
        ("nearest_even", RoundingMode.NearestEven), ("nearest_away", RoundingMode.NearestAway), ("to_zero", RoundingMode.ToZero),
        ("up", RoundingMode.Up), ("down", RoundingMode.Down), ("to_odd", RoundingMode.ToOdd), ("stochastic", RoundingMode.Stochastic),
    ];

    private static readonly ImmutableArray<(string Name, StochasticRule Value)> Rules =
        [("floor", StochasticRule.Floor), ("nearest", StochasticRule.Nearest), ("odd", StochasticRule.Odd), ("fast", StochasticRule.Fast)];

    private static readonly ImmutableArray<(string Name, OverflowPolicy Value)> Policies =
        [("ieee", OverflowPolicy.Ieee), ("saturate", OverflowPolicy.Saturate), ("saturate_inf", OverflowPolicy.SaturateInfinity)];

    private readonly Option<string> _mode = new("--rounding") { Description = Names(Modes), HelpName = "MODE", DefaultValueFactory = _ =>
        "nearest_even" };
    private readonly Option<string> _policy = new("--overflow")
        { Description = Names(Policies), HelpName = "POLICY", DefaultValueFactory = _ => "ieee" };
    private readonly Option<int> _bits = new("--random-bits")
        { Description = "Stochastic rounding: random bits, 1 to 32; the random integer is a further, decimal column", HelpName = "N" };

    private readonly Option<string> _rule = new("--random-rule") { Description = $"Stochastic rounding: {Names(Rules)} (docs/formats)",
        HelpName = "RULE", DefaultValueFactory = _ => "floor" };

    /// <summary>Adds the options to a verb.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_mode);
        command.Options.Add(_policy);
        command.Options.Add(_bits);
        command.Options.Add(_rule);
    }

    /// <summary>The rounding that a command line asks for, its random integer still 0.</summary>
    public Rounding Read(ParseResult parsed)
    {
        RoundingMode mode = Choose(_mode, Modes, parsed);
        int bits = parsed.GetValue(_bits);
        if (mode == RoundingMode.Stochastic ? bits is < 1 or > Rounder.MaximumRandomBits : bits != 0)
            throw new InvalidInputException(new Location("sim formats"), "CLI002", mode == RoundingMode.Stochastic
                ? $"--rounding stochastic needs --random-bits 1 to {Rounder.MaximumRandomBits}, found {bits}"
                : "--random-bits is for --rounding stochastic");
        StochasticRule rule = Choose(_rule, Rules, parsed);
        if (mode != RoundingMode.Stochastic && rule != StochasticRule.Floor)
            throw new InvalidInputException(new Location("sim formats"), "CLI002", "--random-rule is for --rounding stochastic");
        return new Rounding(mode, Choose(_policy, Policies, parsed), bits, Rule: rule);
    }

    /// <summary>The rounding of block elements, which always saturate.</summary>
    public Rounding ReadForBlocks(ParseResult parsed)
    {
        Rounding rounding = Read(parsed);
        if (rounding.Mode == RoundingMode.Stochastic)
            throw new InvalidInputException(new Location("sim formats"), "CLI002",
                "--rounding stochastic is for single numbers, not for blocks");
        if (rounding.Overflow == OverflowPolicy.Ieee && parsed.GetResult(_policy) is { Implicit: false })
            throw new InvalidInputException(new Location("sim formats"), "CLI002", "--overflow ieee: elements of a block always saturate");
        return rounding;
    }

    /// <summary>Columns that the rounding needs beside the operands.</summary>
    public static int Columns(Rounding rounding) => rounding.Mode == RoundingMode.Stochastic ? 1 : 0;

    /// <summary>Reads the random integer of a row from its last field, when there is one.</summary>
    public static bool TryReadRandom(RowFilter row, ref Rounding rounding)
    {
        if (rounding.Mode != RoundingMode.Stochastic) return true;
        int last = row.Count - 1;
        bool good = StrictNumber.TryWhole(row.Field(last), out uint random) && (ulong)random >> rounding.RandomBits == 0;
        if (!good) row.RejectField(last, 0, $"expected a decimal random integer of {rounding.RandomBits} bits, found '{row.Field(last)}'");
        rounding = rounding with { Random = random };
        return good;
    }

    private static string Names<T>(ImmutableArray<(string Name, T Value)> choices) => string.Join(", ", choices.Select(c => c.Name));

    private static T Choose<T>(Option<string> option, ImmutableArray<(string Name, T Value)> choices, ParseResult parsed)
    {
        string name = parsed.GetValue(option)!;
        foreach ((string known, T value) in choices)
            if (known == name) return value;
        throw new InvalidInputException(new Location("sim formats"), "CLI002",
            $"{option.Name} '{name}' is unknown{NearestName.Hint(name, choices.Select(c => c.Name))} (known: {Names(choices)})");
    }
}
