using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Sim.Simulator.Traces;

/// <summary>A trace in the JSON format of Chrome and Perfetto. One cycle is one microsecond.</summary>
internal sealed class TraceText
{
    private readonly record struct Slice(string Track, string Name, long Begin, long End, string? Arguments);

    private readonly List<Slice> _slices = [];

    /// <summary>Slices so far.</summary>
    public int Count => _slices.Count;

    /// <summary>Adds a slice; arguments are JSON.</summary>
    public void Add(string track, string name, long begin, long end, string? arguments = null) =>
        _slices.Add(new(track, name, begin, end, arguments));

    /// <summary>Forgets the slices from a number on.</summary>
    public void Forget(int first) => _slices.RemoveRange(first, _slices.Count - first);

    /// <summary>The trace: tracks that have slices in the given order, slices of a track in time.</summary>
    public string Write(string process, IEnumerable<string> order)
    {
        var text = new StringBuilder("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"unit\":\"1 us is 1 cycle\"},\"traceEvents\":[\n");
        ILookup<string, Slice> byTrack = _slices.ToLookup(s => s.Track);
        string[] tracks = [.. order.Where(byTrack.Contains)];
        text.Append(CultureInfo.InvariantCulture,
            $"{{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":{{\"name\":{JsonSerializer.Serialize(process)}}}}}");
        for (int t = 0; t < tracks.Length; t++)
        {
            string of = string.Create(CultureInfo.InvariantCulture, $"\"pid\":1,\"tid\":{t + 1}");
            text.Append(CultureInfo.InvariantCulture,
                $",\n{{\"ph\":\"M\",{of},\"name\":\"thread_name\",\"args\":{{\"name\":{JsonSerializer.Serialize(tracks[t])}}}}}");
            text.Append(CultureInfo.InvariantCulture,
                $",\n{{\"ph\":\"M\",{of},\"name\":\"thread_sort_index\",\"args\":{{\"sort_index\":{t + 1}}}}}");
            foreach (Slice slice in byTrack[tracks[t]].OrderBy(s => s.Begin))
            {
                text.Append(CultureInfo.InvariantCulture, $",\n{{\"ph\":\"X\",{of},\"ts\":{slice.Begin},\"dur\":{slice.End - slice.Begin},")
                    .Append("\"name\":").Append(JsonSerializer.Serialize(slice.Name));
                if (slice.Arguments is not null) text.Append(",\"args\":").Append(slice.Arguments);
                text.Append('}');
            }
        }
        return text.Append("\n]}\n").ToString();
    }
}
