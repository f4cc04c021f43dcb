using System.IO.Pipes;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Sim.Cli;

/// <summary>
/// Standard output. A pipe whose reader has gone (`| head`) is no error, but has to be known: .NET's own stream hides it,
/// and a filter would go on reading for nobody.
/// </summary>
internal sealed class AnswerStream : Stream
{
    private const int StandardOutput = 1;
    private readonly Stream _inner;

    private AnswerStream(Stream inner) => _inner = inner;

    /// <summary>Whether nobody reads any more.</summary>
    public bool IsUnread { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The process's standard output, whatever it is.</summary>
    public static AnswerStream Open()
    {
        if (!OperatingSystem.IsWindows())
        {
            try
            {
                var handle = new SafePipeHandle(StandardOutput, ownsHandle: false);
                return new AnswerStream(new AnonymousPipeClientStream(PipeDirection.Out, handle));
            }
            catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException or NotSupportedException)
            {
                // A file, a terminal, or closed.
            }
        }
        return new AnswerStream(Console.OpenStandardOutput());
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (IsUnread) return;
        try
        {
            _inner.Write(buffer);
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.Shutdown })
        {
            // EPIPE; PipeStream reports pipes as sockets. Where stdout is closed its number may be
            // the reading end of a pipe of the runtime's own: another error.
            IsUnread = true;
        }
    }

    public override void Flush()
    {
        if (!IsUnread) _inner.Flush();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
