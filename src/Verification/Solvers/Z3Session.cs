using System.Globalization;
using System.Text;
using Microsoft.Z3;

namespace Sim.Verification.Solvers;

/// <summary>
/// The state of a worker. Z3's text interface answers everything but objectives ("unsupported" there), so those go to its optimizer, with
/// all that is asserted at that time; its optimum is a proposal that the asker checks.
/// </summary>
internal sealed class Z3Session : IDisposable
{
    private readonly List<(StringBuilder Text, StringBuilder Objectives)> _frames = [(new(), new())];
    private IntPtr _context = Z3Library.Context();
    private string? _model;
    private uint _timeout = uint.MaxValue;

    internal string Answer(string command)
    {
        string[] words = command.Trim('(', ')').Split([' ', '\n'], 3, StringSplitOptions.RemoveEmptyEntries);
        switch (words[0])
        {
            case "echo": return command[(command.IndexOf('"', StringComparison.Ordinal) + 1)..command.LastIndexOf('"')];
            case "reset":
                Dispose();
                (_context, _model, _timeout) = (Z3Library.Context(), null, uint.MaxValue);
                _frames.Clear();
                _frames.Add((new(), new()));
                return "";
            case "push":
                for (int i = Count(words); i > 0; i--) _frames.Add((new(), new()));
                break;
            case "pop":
                _frames.RemoveRange(_frames.Count - Math.Min(Count(words), _frames.Count - 1), Math.Min(Count(words), _frames.Count - 1));
                break;
            case "maximize" or "minimize":
                _frames[^1].Objectives.Append(command).Append('\n');
                return "";
            case "set-option" when words is [_, ":timeout", var time]: _timeout = uint.Parse(time, NumberStyles.None,
                CultureInfo.InvariantCulture); break;
            case "check-sat":
                _model = null;
                if (_frames.Any(f => f.Objectives.Length > 0)) return Optimized();
                break;
            case "get-value" when _model is not null: return Values(_model, command);
            case "declare-const" or "assert": _frames[^1].Text.Append(command).Append('\n'); break;
        }
        return Native.Z3_eval_smtlib2_string(_context, command);
    }

    public void Dispose()
    {
        if (_context != IntPtr.Zero) Native.Z3_del_context(_context);
        _context = IntPtr.Zero;
    }

    private static int Count(string[] words) => words.Length > 1 ? int.Parse(words[1], NumberStyles.None, CultureInfo.InvariantCulture) : 1;

    private string Optimized()
    {
        IntPtr context = Z3Library.Context();
        try
        {
            IntPtr optimizer = Native.Z3_mk_optimize(context);
            Native.Z3_optimize_inc_ref(context, optimizer);
            if (_timeout != uint.MaxValue)
            {
                IntPtr parameters = Native.Z3_mk_params(context);
                Native.Z3_params_inc_ref(context, parameters);
                Native.Z3_params_set_uint(context, parameters, Native.Z3_mk_string_symbol(context, "timeout"), _timeout);
                Native.Z3_optimize_set_params(context, optimizer, parameters);
            }
            Native.Z3_optimize_from_string(context, optimizer, string.Concat(_frames.Select(f => f.Text.ToString()))
                + string.Concat(_frames.Select(f => f.Objectives.ToString())));
            int answer = Native.Z3_optimize_check(context, optimizer, 0, []);
            if (answer == 1) _model = Native.Z3_model_to_string(context, Native.Z3_optimize_get_model(context, optimizer));
            return answer switch { 1 => "sat", -1 => "unsat", _ => "unknown" };
        }
        finally
        {
            Native.Z3_del_context(context);
        }
    }

    // "x0 -> 5" and "x1 -> (- 3)", one a line, as ((x0 5) (x1 (- 3))).
    private static string Values(string model, string command)
    {
        Dictionary<string, string> values = model.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(" -> ", 2))
            .Where(p => p.Length == 2).ToDictionary(p => p[0].Trim(), p => p[1].Trim());
        string[] names = command["(get-value".Length..].Split(['(', ')', ' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return $"({string.Join(' ', names.Select(n => $"({n} {values.GetValueOrDefault(n, "0")})"))})";
    }
}
