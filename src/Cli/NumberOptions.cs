using System.CommandLine;
using System.CommandLine.Parsing;
using Sim.Foundation;

namespace Sim.Cli;

/// <summary>
/// Numbers of the command line are read by <see cref="StrictNumber"/>: System.CommandLine converts by the culture and takes `0,0625` for
/// 625.
/// Applied to the whole tree of commands, so that no option can be forgotten.
/// </summary>
internal static class NumberOptions
{
    /// <summary>Gives every option that holds a number its parser; throws on a numeric type that has none.</summary>
    public static void Apply(Command command)
    {
        foreach (Option option in command.Options)
        {
            switch (option)
            {
                case Option<int> o: o.CustomParser = r => Whole<int>(r); break;
                case Option<int?> o: o.CustomParser = r => Whole<int>(r); break;
                case Option<long> o: o.CustomParser = r => Whole<long>(r); break;
                case Option<long?> o: o.CustomParser = r => Whole<long>(r); break;
                case Option<double> o: o.CustomParser = Real; break;
                case Option<double?> o: o.CustomParser = r => Real(r); break;
                default:
                    if (IsNumber(option.ValueType)) throw new InvalidOperationException($"option '{option.Name}' has type {option.ValueType.Name}, which no strict parser reads");
                    break;
            }
        }
        foreach (Argument argument in command.Arguments)
            if (IsNumber(argument.ValueType)) throw new InvalidOperationException($"argument '{argument.Name}' is a number, which no strict parser reads");
        foreach (Command child in command.Subcommands) Apply(child);
    }

    private static bool IsNumber(Type type)
    {
        Type plain = Nullable.GetUnderlyingType(type) ?? type.GetElementType() ?? type;
        return Type.GetTypeCode(plain) is >= TypeCode.SByte and <= TypeCode.Decimal;
    }

    private static T Whole<T>(ArgumentResult result) where T : struct, System.Numerics.INumberBase<T>
    {
        string text = result.Tokens[^1].Value;
        if (StrictNumber.TryWhole(text, out T value)) return value;
        result.AddError($"'{Name(result)}' must be a whole number ({StrictNumber.WholeForm}), found '{text}'");
        return default;
    }

    private static double Real(ArgumentResult result)
    {
        string text = result.Tokens[^1].Value;
        if (StrictNumber.TryReal(text, out double value)) return value;
        result.AddError($"'{Name(result)}' must be {StrictNumber.RealForm}, found '{text}'");
        return default;
    }

    private static string Name(ArgumentResult result) => result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
}
