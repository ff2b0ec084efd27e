//! From any photo to a square of WebP that holds nothing but its pixels.
//!
//! The encoder is lossless, the only one in pure Rust that is well kept. Left alone it makes 200 to 500 KB of a photo of 512 pixels, so
//! noise that nobody sees is evened out first (WebP calls it near-lossless), and what is still too big is drawn smaller.

use std::io::Cursor;

use image::codecs::webp::WebPEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{
    DynamicImage, ExtendedColorType, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, RgbImage,
};

/// The most pixels that are unpacked.
const MAX_PIXELS: u64 = 40_000_000;
/// Memory for unpacking: 40 million pixels of four bytes, and the decoder's own.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;
/// The shortest side that shows a face.
const MIN_SIDE: u32 = 96;
/// Sides to draw, the widest first.
const SIDES: [u32; 4] = [512, 448, 384, 320];
/// What a photo should not exceed: a class has 30 on one page.
const BUDGET_BYTES: usize = 160 * 1024;
/// Differences below this are noise.
const NOISE: i16 = 8;

/// Why a file is no photo that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// More bytes than [`super::MAX_BYTES`].
    #[error("the file is too big")]
    TooBig,
    /// Neither JPEG nor PNG nor WebP, whatever its name says.
    #[error("the file is neither JPEG nor PNG nor WebP")]
    Format,
    /// More than 40 million pixels.
    #[error("the picture has too many pixels")]
    TooManyPixels,
    /// Too few pixels to know somebody by.
    #[error("the picture is too small")]
    TooSmall,
    /// It cannot be read to its end.
    #[error("the picture cannot be read")]
    Broken,
}

impl PictureError {
    /// Stable code for pages, problem documents and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooBig => "PHOTO-01",
            Self::Format => "PHOTO-02",
            Self::TooManyPixels => "PHOTO-03",
            Self::TooSmall => "PHOTO-04",
            Self::Broken => "PHOTO-05",
        }
    }
}

impl From<ImageError> for PictureError {
    fn from(error: ImageError) -> Self {
        match error {
            ImageError::Limits(_) => Self::TooManyPixels,
            ImageError::Unsupported(_) => Self::Format,
            _ => Self::Broken,
        }
    }
}

/// The picture of a file as a square of WebP: upright, cut around where faces are, on white.
pub(super) fn redraw(file: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(file)).with_guessed_format().map_err(|_| PictureError::Broken)?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) {
        return Err(PictureError::Format);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(PictureError::TooManyPixels);
    }
    let side = width.min(height);
    if side < MIN_SIDE {
        return Err(PictureError::TooSmall);
    }
    // Which side was up is in the metadata, which are not kept.
    let orientation = decoder.orientation()?;
    let picture = DynamicImage::from_decoder(decoder)?;
    let (x, y) = corner(width - side, height - side, orientation);
    let mut square = picture.crop_imm(x, y, side, side);
    drop(picture);
    square.apply_orientation(orientation);

    let mut smallest = Vec::new();
    // A picture is never made wider than it is.
    for drawn in SIDES.into_iter().filter(|drawn| *drawn <= side).chain((side < SIDES[3]).then_some(side)) {
        let drawn = square.resize_exact(drawn, drawn, FilterType::Lanczos3);
        smallest = encoded(&even_out(&on_white(&drawn)))?;
        if smallest.len() <= BUDGET_BYTES {
            break;
        }
    }
    Ok(smallest)
}

/// Where the square begins in a picture that is not upright yet, of what is left over on either axis: in the middle of
/// a wide one, nearer the top of a tall one.
const fn corner(across: u32, down: u32, orientation: Orientation) -> (u32, u32) {
    match orientation {
        Orientation::NoTransforms | Orientation::FlipHorizontal => (across / 2, down / 3),
        Orientation::Rotate180 | Orientation::FlipVertical => (across / 2, down - down / 3),
        // The left side will be the top.
        Orientation::Rotate90 | Orientation::Rotate90FlipH => (across / 3, down / 2),
        // The right side will be.
        Orientation::Rotate270 | Orientation::Rotate270FlipH => (across - across / 3, down / 2),
    }
}

/// The picture without transparency, as it would look on paper.
fn on_white(picture: &DynamicImage) -> RgbImage {
    let mut flat = RgbImage::new(picture.width(), picture.height());
    for (to, from) in flat.pixels_mut().zip(picture.to_rgba8().pixels()) {
        let [r, g, b, alpha] = from.0;
        to.0 = [r, g, b].map(|part| {
            let mixed = (u16::from(part) * u16::from(alpha) + 255 * (255 - u16::from(alpha))) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        });
    }
    flat
}

/// Rounds pixels among others that differ from them, where the eye sees no such steps; smooth parts stay as they are.
fn even_out(picture: &RgbImage) -> RgbImage {
    let mut even = picture.clone();
    for (x, y, to) in even.enumerate_pixels_mut() {
        let neighbours = [
            picture.get_pixel_checked(x.wrapping_sub(1), y),
            picture.get_pixel_checked(x + 1, y),
            picture.get_pixel_checked(x, y.wrapping_sub(1)),
            picture.get_pixel_checked(x, y + 1),
        ];
        for (channel, value) in to.0.iter_mut().enumerate() {
            let own = i16::from(*value);
            let rough = neighbours
                .iter()
                .flatten()
                .filter_map(|pixel| pixel.0.get(channel))
                .any(|other| (i16::from(*other) - own).abs() >= NOISE);
            if rough {
                *value = u8::try_from((own + NOISE / 2) / NOISE * NOISE).unwrap_or(u8::MAX);
            }
        }
    }
    even
}

fn encoded(picture: &RgbImage) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder.encode(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may stop")]
    use super::*;
    use image::codecs::jpeg::JpegEncoder;
    use image::{ImageEncoder as _, Rgb};

    fn wave(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let part = |of: u32, all: u32| u8::try_from(of * 255 / all).unwrap();
            Rgb([part(x, width), part(y, height), 128])
        })
    }

    fn jpeg(picture: &RgbImage, exif: Option<Vec<u8>>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
        if let Some(exif) = exif {
            encoder.set_exif_metadata(exif).unwrap();
        }
        encoder.write_image(picture.as_raw(), picture.width(), picture.height(), ExtendedColorType::Rgb8).unwrap();
        bytes
    }

    fn sides(bytes: &[u8]) -> (u32, u32) {
        let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap();
        assert_eq!(reader.format(), Some(ImageFormat::WebP));
        reader.into_dimensions().unwrap()
    }

    #[test]
    fn a_photo_becomes_a_square_within_the_budget() {
        let drawn = redraw(&jpeg(&wave(1_600, 1_200), None)).unwrap();
        assert_eq!(sides(&drawn), (512, 512));
        assert!(drawn.len() <= BUDGET_BYTES, "{}", drawn.len());
        assert_eq!(sides(&redraw(&jpeg(&wave(200, 300), None)).unwrap()), (200, 200));
    }

    #[test]
    fn a_noisy_photo_is_drawn_smaller() {
        let mut state = 1_u32;
        let noise = RgbImage::from_fn(700, 700, |_, _| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let [a, b, c, _] = state.to_be_bytes();
            Rgb([a, b, c])
        });
        let mut png = Cursor::new(Vec::new());
        noise.write_to(&mut png, ImageFormat::Png).unwrap();
        assert_eq!(sides(&redraw(&png.into_inner()).unwrap()), (320, 320));
    }

    #[test]
    fn metadata_are_gone_and_the_picture_is_upright() {
        // One entry: orientation 6, a quarter turn; and a text that must not survive.
        let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"61.0042N 69.0019E");
        let file = jpeg(&wave(400, 300), Some(exif));
        assert!(file.windows(8).any(|part| part == b"61.0042N"));
        let drawn = redraw(&file).unwrap();
        assert!(!drawn.windows(8).any(|part| part == b"61.0042N"));
        assert!(!drawn.windows(4).any(|part| part == b"EXIF"));
        // What grew redder to the right grows redder downwards.
        let upright = image::load_from_memory(&drawn).unwrap().to_rgb8();
        assert!(upright.get_pixel(150, 280).0[0] > upright.get_pixel(150, 20).0[0] + 100);
    }

    #[test]
    fn what_is_no_photo_is_refused() {
        assert_eq!(redraw(b"GIF89a\x01\0\x01\0"), Err(PictureError::Format));
        assert_eq!(redraw(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(PictureError::Format));
        assert_eq!(redraw(b""), Err(PictureError::Format));
        assert_eq!(redraw(&jpeg(&wave(95, 400), None)), Err(PictureError::TooSmall));
        let mut cut = jpeg(&wave(400, 300), None);
        cut.truncate(40);
        assert_eq!(redraw(&cut), Err(PictureError::Broken));
    }

    #[test]
    fn a_small_file_of_a_huge_picture_is_not_unpacked() {
        // A PNG's head alone: 50 000 × 50 000.
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\xc3\x50\0\0\xc3\x50\x08\x02\0\0\0".to_vec();
        png.extend_from_slice(&[0x51, 0x02, 0x9e, 0x02]);
        assert!(redraw(&png).is_err());
    }

    #[test]
    fn transparency_becomes_paper() {
        let clear = image::RgbaImage::from_pixel(100, 100, image::Rgba([0, 0, 0, 0]));
        let mut png = Cursor::new(Vec::new());
        clear.write_to(&mut png, ImageFormat::Png).unwrap();
        let drawn = image::load_from_memory(&redraw(&png.into_inner()).unwrap()).unwrap().to_rgb8();
        assert_eq!(drawn.get_pixel(50, 50).0, [255, 255, 255]);
    }
}
