using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Simulator.Inputs;

namespace Sim.Exploration.Studies;

/// <summary>One thing that an axis value changes: the path in the architecture (or, after `recipe.`, in the recipe) and the new
/// value.</summary>
public sealed record Assignment(YamlScalar Path, YamlNode Value);

/// <summary>One value of an axis: its text in tables and what it sets.</summary>
public sealed record AxisValue(string Label, ImmutableArray<Assignment> Assignments, Location Place);

/// <summary>What varies: a path with its values, or a name with values that set several paths together.</summary>
public sealed record StudyAxis(string Name, ImmutableArray<AxisValue> Values);

/// <summary>
/// A study as read: a base architecture and recipe as nodes, networks, axes, and what to look for. Base and recipe stay nodes because axis
/// values are set into them before they are read.
/// </summary>
public sealed record Study(string Name, string Description, YamlMap Base, string BaseName, YamlMap? Recipe,
    ImmutableArray<WorkloadFiles> Workloads, ImmutableArray<StudyAxis> Axes,
    ImmutableArray<Objective> Objectives, ImmutableArray<Constraint> Constraints, FrontScope Fronts, string Text)
{
    /// <summary>Schema name and version of study files.</summary>
    public const string Schema = "sim.study/1";

    /// <summary>Name of the leading column when a study has several networks.</summary>
    public const string NetworkAxis = "network";

    /// <summary>Whether designs that miss their own clock run all the same; else they are infeasible.</summary>
    public bool AllowSlowClock { get; init; }

    /// <summary>Names of the columns that tell designs apart.</summary>
    public ImmutableArray<string> AxisNames =>
        [.. Workloads.Length > 1 ? [NetworkAxis] : Array.Empty<string>(), .. Axes.Select(a => a.Name)];

    /// <summary>Number of design points: networks × the values of every axis.</summary>
    public int PointCount => Axes.Aggregate(Workloads.Length, (product, axis) => product * axis.Values.Length);

    /// <summary>Number of combinations of axis values.</summary>
    public int CombinationCount => Axes.Aggregate(1, (product, axis) => product * axis.Values.Length);

    /// <summary>Every design point: the last axis varies fastest, networks slowest.</summary>
    public IEnumerable<DesignPoint> Points()
    {
        int count = PointCount, combinations = CombinationCount;
        for (int index = 0; index < count; index++) yield return new DesignPoint(index, index / combinations,
            ChoicesOf(index % combinations));
    }

    /// <summary>The choices of a combination; the last axis varies fastest.</summary>
    public ImmutableArray<int> ChoicesOf(int combination)
    {
        var choices = new int[Axes.Length];
        for (int a = Axes.Length - 1; a >= 0; a--) (combination, choices[a]) = Math.DivRem(combination, Axes[a].Values.Length);
        return [.. choices];
    }

    /// <summary>The combination of some choices.</summary>
    public int IndexOf(ImmutableArray<int> choices)
    {
        int index = 0;
        for (int a = 0; a < Axes.Length; a++) index = index * Axes[a].Values.Length + choices[a];
        return index;
    }

    /// <summary>The values of a point by column.</summary>
    public ImmutableSortedDictionary<string, string> Parameters(DesignPoint point)
    {
        ArgumentNullException.ThrowIfNull(point);
        var parameters = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        if (Workloads.Length > 1) parameters.Add(NetworkAxis, Workloads[point.Workload].Name);
        for (int a = 0; a < Axes.Length; a++) parameters.Add(Axes[a].Name, Axes[a].Values[point.Choices[a]].Label);
        return parameters.ToImmutable();
    }
}
