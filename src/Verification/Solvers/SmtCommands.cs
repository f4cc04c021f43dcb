using System.Text;

namespace Sim.Verification.Solvers;

/// <summary>The commands of an SMT-LIB 2 text, one by one as they are complete.</summary>
internal static class SmtCommands
{
    internal static IEnumerable<string> Of(TextReader input)
    {
        var command = new StringBuilder();
        int depth = 0;
        bool quoted = false;
        while (input.ReadLine() is { } line)
        {
            foreach (char c in line)
            {
                if (!quoted && c == ';') break;
                if (depth == 0 && c != '(') continue;
                command.Append(c);
                if (c == '"') quoted = !quoted;
                if (quoted) continue;
                if (c == '(') depth++;
                if (c == ')' && --depth == 0)
                {
                    yield return command.ToString();
                    command.Clear();
                }
            }
            if (depth > 0) command.Append('\n');
        }
    }
}
