namespace Sim.Datapath.Formats;

/// <summary>One way to read a format's name.</summary>
/// <param name="Type">The <see cref="INumberFormat"/> that the names of this family give.</param>
/// <param name="Grammar">The names it takes, for error messages and documentation.</param>
/// <param name="Parse">The format; or null and why a name that has the family's shape is not allowed; or null and null when it is none of
/// its names.</param>
public sealed record FormatFamily(Type Type, string Grammar, Func<string, (INumberFormat? Format, string? Problem)> Parse);
