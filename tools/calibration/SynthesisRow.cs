using System.Globalization;

namespace Sim.Calibration;

/// <summary>One synthesised block of a `yosys_*.csv` table. Energy is of one operation on data-like operands without glitches.</summary>
public sealed record SynthesisRow(string Block, string Parameters, double Area, double Delay, double Energy, double Leakage)
{
    /// <summary>Reads a table; quoted fields may hold commas.</summary>
    public static IReadOnlyList<SynthesisRow> Read(string path)
    {
        string[] lines = File.ReadAllLines(path);
        List<string> head = Split(lines[0]);
        int Column(string name) => head.IndexOf(name) is var i and >= 0 ? i
            : throw new InvalidDataException($"{path}: there is no column '{name}'");
        int block = Column("block"), parameters = Column("params"), area = Column("area_um2"), delay = Column("delay_ns"),
            energy = Column("energy_noglitch_data_fj"), leakage = Column("leakage_nw");
        return [.. lines.Skip(1).Where(l => l.Length > 0).Select(Split)
            .Select(f => new SynthesisRow(f[block], f[parameters], Number(f[area]), Number(f[delay]), Number(f[energy]),
                Number(f[leakage])))];
    }

    /// <summary>Fields of one CSV line.</summary>
    public static List<string> Split(string line)
    {
        var fields = new List<string>();
        var field = new System.Text.StringBuilder();
        bool quoted = false;
        foreach (char c in line)
        {
            if (c == '"') quoted = !quoted;
            else if (c == ',' && !quoted)
            {
                fields.Add(field.ToString());
                field.Clear();
            }
            else field.Append(c);
        }
        fields.Add(field.ToString());
        return fields;
    }

    /// <summary>A number of the table.</summary>
    public static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
