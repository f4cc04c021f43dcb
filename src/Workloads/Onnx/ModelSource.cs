using Sim.Foundation;

namespace Sim.Workloads.Onnx;

/// <summary>The bytes of a model, in memory or in a file: read where they are asked for, so that weights go from the file to their tensor
/// without a copy between.</summary>
internal abstract class ModelSource : IDisposable
{
    internal abstract long Length { get; }

    /// <summary>Fills <paramref name="to"/> from <paramref name="offset"/> on; the caller stays within <see cref="Length"/>.</summary>
    internal abstract void Read(long offset, Span<byte> to);

    public virtual void Dispose() => GC.SuppressFinalize(this);

    internal static ModelSource Of(ReadOnlyMemory<byte> bytes) => new Memory(bytes);

    /// <summary>Opens a file; exceptions of the file system pass through.</summary>
    internal static ModelSource Of(string path) => new Disk(RegularFile.Open(path));

    private sealed class Memory(ReadOnlyMemory<byte> bytes) : ModelSource
    {
        internal override long Length => bytes.Length;

        internal override void Read(long offset, Span<byte> to) => bytes.Span.Slice((int)offset, to.Length).CopyTo(to);
    }

    private sealed class Disk(FileStream file) : ModelSource
    {
        internal override long Length { get; } = file.Length;

        internal override void Read(long offset, Span<byte> to)
        {
            while (to.Length > 0)
            {
                int read = RandomAccess.Read(file.SafeFileHandle, to, offset);
                if (read == 0) throw new EndOfStreamException($"the file ends at byte {offset}, before its length of {Length}");
                to = to[read..];
                offset += read;
            }
        }

        public override void Dispose()
        {
            file.Dispose();
            base.Dispose();
        }
    }
}
