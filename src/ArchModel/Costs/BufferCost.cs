using System.Globalization;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Structures;

namespace Sim.ArchModel.Costs;

/// <summary>An on-chip memory as its price sees it.</summary>
internal readonly record struct MemoryShape(string Name, long Bits, int PortBits, int Banks, int ReadingPorts);

/// <summary>
/// What a buffer costs: its banks are SRAM macros of the technology's table, or flip-flops when small. An access moves PortBits of one
/// bank, which holds ⌊PortBits / element bits⌋ elements (wider elements take several accesses); energy per element is the access shared
/// among them.
/// </summary>
public sealed record BufferCost(string Name, int PortBits, double AreaSquareMicrometres, double LeakageNanowatts, double AccessNanoseconds,
    double ReadPicojoulesPerAccess, double WritePicojoulesPerAccess, string Source)
{
    /// <summary>pJ for one element read.</summary>
    public double ReadPicojoules(int bits, int elements = 1) => ReadPicojoulesPerAccess * AccessesPerElement(bits, elements);

    /// <summary>pJ for one element written.</summary>
    public double WritePicojoules(int bits, int elements = 1) => WritePicojoulesPerAccess * AccessesPerElement(bits, elements);

    /// <summary>Share of an access that an element takes, or how many it takes, <paramref name="elements"/> elements (that share a scale)
    /// being <paramref name="bits"/> bits.</summary>
    public double AccessesPerElement(int bits, int elements = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bits);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(elements);
        long port = (long)PortBits * elements;
        return bits <= port ? 1.0 / (port / bits) : (bits + port - 1) / port;
    }

    /// <summary>The cost of a buffer; false when a bank lies outside what the technology knows.</summary>
    public static bool TryPrice(BufferLevel buffer, CostModel model, out BufferCost? cost, out string problem)
    {
        ArgumentNullException.ThrowIfNull(buffer);
        ArgumentNullException.ThrowIfNull(model);
        var shape = new MemoryShape(buffer.Name, buffer.CapacityBytes * 8, buffer.PortBits, buffer.Banks, 1);
        if (TryPrice(shape, model, out cost, out problem)) return true;
        problem = $"buffer '{buffer.Name}': {problem}; change its 'capacity', 'banks' or 'port' (more banks have narrower ports)";
        return false;
    }

    /// <summary>The cost of a memory of any shape; false when a bank lies outside what the technology knows. SRAM macros are priced with
    /// the ports that the technology's have; flip-flops have a multiplexer tree for each reading port.</summary>
    internal static bool TryPrice(MemoryShape buffer, CostModel model, out BufferCost? cost, out string problem)
    {
        cost = null;
        double bankBytes = buffer.Bits / 8.0 / buffer.Banks;
        if (bankBytes <= model.Technology.RegisterFileLimitBytes.Value)
        {
            problem = "";
            cost = RegisterFile(buffer, bankBytes, model);
            return true;
        }
        if (!model.Technology.Sram.TryPrice(bankBytes, buffer.PortBits, out SramCost bank, out problem)) return false;
        cost = new BufferCost(buffer.Name, buffer.PortBits, bank.AreaSquareMicrometres * buffer.Banks,
            bank.LeakageMilliwatts * 1e6 * buffer.Banks,
            bank.AccessNanoseconds, bank.ReadPicojoules, bank.WritePicojoules,
            string.Create(CultureInfo.InvariantCulture,
                $"{buffer.Banks} × {bankBytes:0} B, {buffer.PortBits} b port{Split(bank)}: {model.Technology.Sram.Source}"));
        return true;
    }

    private static string Split(SramCost bank) => bank.Macros == 1 ? "" : string.Create(CultureInfo.InvariantCulture,
        $" ({bank.Macros} macros of {bank.MacroBits} b side by side, as the table has no port so wide: all accessed at once)");

    // Flip-flops with a read multiplexer tree. Writing clocks the word; reading switches one multiplexer path for each bit; other words are
    // clock-gated.
    private static BufferCost RegisterFile(MemoryShape buffer, double bankBytes, CostModel model)
    {
        int bits = (int)Math.Ceiling(bankBytes * 8), words = Math.Max(1, bits / buffer.PortBits);
        int levels = words <= 1 ? 0 : (int)Math.Ceiling(Math.Log2(words));
        StructureCost cells = model.Price(Structure.Empty.With("cells", PrimitiveKind.Register, bits));
        StructureCost tree = model.Price(Structure.Empty.With("read multiplexers", PrimitiveKind.Mux, buffer.PortBits,
            count: Math.Max(0, words - 1) * buffer.ReadingPorts));
        StructureCost path = model.Price(Structure.Empty.With("read path", PrimitiveKind.Mux, buffer.PortBits, count: levels,
            onPath: true));
        StructureCost word = model.Price(Structure.Empty.With("written word", PrimitiveKind.Register, Math.Min(bits, buffer.PortBits)));
        return new BufferCost(buffer.Name, buffer.PortBits, (cells.AreaSquareMicrometres + tree.AreaSquareMicrometres) * buffer.Banks,
            (cells.LeakageNanowatts + tree.LeakageNanowatts) * buffer.Banks, path.PathBaseNanoseconds
                + path.Items.Sum(i => i.DelayNanoseconds * i.Item.Count),
            path.EnergyFemtojoules / 1000, word.EnergyFemtojoules / 1000,
            string.Create(CultureInfo.InvariantCulture,
                $"{buffer.Banks} × {bits} flip-flops: {model.Technology.RegisterFileLimitBytes.Source}"));
    }
}
