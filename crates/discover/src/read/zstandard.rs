//! Files in Zstandard (RFC 8878), frame after frame, in bounded memory.

use std::io::{self, BufRead, Chain, Cursor, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// The most of what came before that a frame may refer to, in bytes: what `zstd` itself takes without being asked to take more.
const WINDOW_BYTES_MAX: u64 = 1 << 27;

const MAGIC: u64 = 0xfd2f_b528;

/// What begins a frame that holds no data, in its upper bits.
const SKIPPABLE: u64 = 0x0184_d2a5;

/// The bit of the descriptor that says that a frame is held as a whole.
const ONE_SEGMENT: u64 = 0x20;

/// The frames of a file, one after the other.
pub(super) struct Frames<R: BufRead> {
    stream: Option<R>,
    frame: Option<Box<Frame<R>>>,
}

/// A frame, whose head was read before.
type Frame<R> = StreamingDecoder<Chain<Cursor<Vec<u8>>, R>, FrameDecoder>;

impl<R: BufRead> Frames<R> {
    pub(super) fn new(stream: R) -> Frames<R> {
        Frames { stream: Some(stream), frame: None }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let count = frame.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
                self.stream = self.frame.take().map(|frame| frame.into_inner().into_inner().1);
            }
            let Some(mut stream) = self.stream.take() else { return Ok(0) };
            if stream.fill_buf()?.is_empty() {
                return Ok(0);
            }
            match head(&mut stream)? {
                Some(head) => {
                    let whole = Cursor::new(head).chain(stream);
                    self.frame = Some(Box::new(StreamingDecoder::new(whole).map_err(io::Error::other)?));
                }
                None => self.stream = Some(stream),
            }
        }
    }
}

/// The head of the next frame; none where the frame holds no data, and was passed over.
fn head(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::new();
    let magic = number(more(stream, &mut head, 4)?);
    if magic >> 4 == SKIPPABLE {
        let length = number(more(stream, &mut head, 4)?);
        let passed = io::copy(&mut stream.take(length), &mut io::sink())?;
        return if passed < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(None) };
    }
    if magic != MAGIC {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not all in Zstandard"));
    }
    let descriptor = number(more(stream, &mut head, 1)?);
    let window = match descriptor & ONE_SEGMENT {
        0 => window_bytes(number(more(stream, &mut head, 1)?)),
        // The window is all of it, whose length stands behind the number of a dictionary.
        _ => {
            let dictionary = if descriptor & 3 == 3 { 4 } else { descriptor & 3 };
            more(stream, &mut head, dictionary as usize)?;
            number(more(stream, &mut head, 1 << (descriptor >> 6))?)
        }
    };
    if window > WINDOW_BYTES_MAX {
        let message = format!("it takes more than {WINDOW_BYTES_MAX} bytes of memory to unpack");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(Some(head))
}

/// How far back a frame refers, by its window descriptor (section 3.1.1.1.2).
fn window_bytes(descriptor: u64) -> u64 {
    let base = 1 << (10 + (descriptor >> 3));
    base + base / 8 * (descriptor & 7)
}

/// Reads so many bytes more behind `head`.
fn more<'h>(stream: &mut impl Read, head: &'h mut Vec<u8>, count: usize) -> io::Result<&'h [u8]> {
    let before = head.len();
    head.resize(before + count, 0);
    let more = head.get_mut(before..).unwrap_or_default();
    stream.read_exact(more)?;
    Ok(more)
}

/// The number that is written there, the lowest byte first.
fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the frames of a file unpack to.
    fn unpacked(file: &[u8]) -> Result<Vec<u8>, io::ErrorKind> {
        model::limit::read_capped(Frames::new(file), 1 << 10).map_err(|error| error.kind())
    }

    /// A frame with this head, in which `x` comes so many times, and what it unpacks to.
    fn check(head: &[u8], times: u32, expected: Result<usize, io::ErrorKind>) {
        let block = ((times << 3) | 0b011).to_le_bytes();
        let frame = [&MAGIC.to_le_bytes()[..4], head, &block[..3], b"x"].concat();
        let expected = expected.map(|count| vec![b'x'; count]);
        assert_eq!(unpacked(&frame), expected, "{head:?}");
    }

    #[test]
    fn a_frame_may_refer_as_far_back_as_there_is_room() {
        check(&[0, 0], 9, Ok(9));
        check(&[0, 17 << 3], 9, Ok(9));
        check(&[0, (17 << 3) | 1], 9, Err(io::ErrorKind::FileTooLarge));
        check(&[0, 0xff], 9, Err(io::ErrorKind::FileTooLarge));
        check(&[0x20, 9], 9, Ok(9));
        check(&[0x60, 44, 1], 300, Ok(300));
        check(&[0xa0, 0, 0, 0, 8], 9, Ok(9));
        check(&[0xa0, 1, 0, 0, 8], 9, Err(io::ErrorKind::FileTooLarge));
        check(&[0xe0, 1, 0, 0, 0, 0, 0, 0, 0x80], 9, Err(io::ErrorKind::FileTooLarge));
    }

    #[test]
    fn frames_without_data_are_passed_over() {
        let data = |text: &[u8]| {
            ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
        };
        let skipped = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];
        let file = [&skipped[..], &data(b"one "), &skipped, &data(b"other"), &skipped].concat();
        assert_eq!(unpacked(&file).as_deref(), Ok(&b"one other"[..]));
        assert_eq!(unpacked(&file[..file.len() - 1]), Err(io::ErrorKind::UnexpectedEof));
        assert_eq!(unpacked(&[&data(b"one")[..], b"text"].concat()), Err(io::ErrorKind::InvalidData));
    }
}
