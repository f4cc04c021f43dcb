using System.Globalization;
using System.Text;
using Sim.Foundation.Text;
using Sim.Verification.Verdicts;
using Sim.Workloads.Integers;

namespace Sim.Verification.Records;

/// <summary>
/// A <see cref="VerifyRecord"/> as CSV: a line for each output channel of each judged register, and one for each node with a register that
/// is not judged.
/// Columns of an inner register are empty where there is none; what was not asked or not seen is empty, never 0.
/// </summary>
public static class VerifyCsv
{
    private const string Head = "register,type,channel,k,verdict,width,inner_width,low,high,inner_low,inner_high,prover,one_bit_less,observed_low,observed_high,reason\n";

    /// <summary>The table with its header line.</summary>
    public static string Of(VerifyRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var text = new StringBuilder(Head);
        foreach (RegisterRecord register in record.Registers)
            for (int c = 0; c < register.Channels.Length; c++) text.Append(CsvText.Row(Cells(register, c)));
        foreach (UnjudgedNode node in record.NotJudged)
            text.Append(CsvText.Row(node.Name, node.Operator, "", "", "not judged", "", "", "", "", "", "", "", "", "", "", node.Reason));
        return text.ToString();
    }

    private static string[] Cells(RegisterRecord register, int index)
    {
        ChannelRecord channel = register.Channels[index];
        Interval? seen = register.Observed?.Every(index), sums = At(channel.Verdict, 0), inner = At(channel.Verdict, 1);
        return
        [
            register.Name, register.Operator, Text(index), Text(register.K), Word(channel.Verdict), Text(channel.Widths[0]),
                channel.Widths.Length > 1 ? Text(channel.Widths[1]) : "",
            Text(sums?.Low), Text(sums?.High), Text(inner?.Low), Text(inner?.High), channel.Prover ?? "", channel.Below.IsEmpty ? ""
                : Text(channel.Below[0]),
            Text(seen?.Low), Text(seen?.High), channel.Verdict is Unknown unknown ? unknown.Reason : "",
        ];
    }

    private static Interval? At(Verdict verdict, int register) => register < verdict.Bounds.Length ? verdict.Bounds[register] : null;

    private static string Word(Verdict verdict) => verdict switch { Proved => "proved", Refuted => "refuted", _ => "unknown" };

    // A width of one bit has none below it.
    private static string Text(Verdict? below) => below is null ? "" : Word(below);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Text(Int128? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
