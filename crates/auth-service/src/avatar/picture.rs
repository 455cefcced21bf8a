//! Decodes an image, crops it to a centred square, scales it and encodes it again. The result has no metadata: no
//! place, no camera, no text.

use std::io::Cursor;

use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use steward_domain::{Avatar, AvatarHash};

/// Maximum width and height of an image, in pixels.
pub const MAX_SIDE: u32 = 4096;
/// Maximum size of the decoded pixels, in bytes: those of the largest image with 4 bytes per pixel. The file may be a
/// thousand times smaller.
const MAX_DECODED: u64 = 4096 * 4096 * 4;
/// Maximum number of scans of a JPEG file. Each may take the time of the whole image and eight bytes of the file. Encoders
/// write about ten in progressive files; a preview in the metadata has more.
const MAX_SCANS: usize = 24;
/// The marker that begins a scan (ITU T.81, B.1.1.3). Compressed data cannot contain it.
const START_OF_SCAN: &[u8] = &[0xFF, 0xDA];
/// Width and height of a picture, in pixels.
const SIDE: u32 = 256;

/// The reason why an image cannot be a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPicture {
    /// The bytes are no image in a supported format.
    #[error("the body is not a PNG, JPEG or WebP image")]
    UnknownFormat,
    /// The image has too many pixels, or a JPEG file has more scans than encoders write.
    #[error("the image must be at most {MAX_SIDE} × {MAX_SIDE} pixels")]
    TooLarge,
    /// The image is damaged, or uses a feature that the decoder does not support.
    #[error("the image cannot be decoded")]
    Damaged,
}

/// Makes a picture from an image in PNG, JPEG or WebP.
pub(super) fn to_avatar(bytes: &[u8]) -> Result<Avatar, InvalidPicture> {
    let picture = encode(scale(decode(bytes)?)).map_err(|_| InvalidPicture::Damaged)?;
    let hash = AvatarHash::of(&picture);
    Ok(Avatar { image: picture, content_type: ImageFormat::WebP.to_mime_type().to_owned(), hash })
}

/// Decodes an image. Its dimensions are checked before its pixels are decoded.
fn decode(bytes: &[u8]) -> Result<Oriented, InvalidPicture> {
    let format = image::guess_format(bytes).map_err(|_| InvalidPicture::UnknownFormat)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP) {
        return Err(InvalidPicture::UnknownFormat);
    }
    let scans = || bytes.windows(START_OF_SCAN.len()).filter(|marker| *marker == START_OF_SCAN).count();
    if format == ImageFormat::Jpeg && scans() > MAX_SCANS {
        return Err(InvalidPicture::TooLarge);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(MAX_SIDE), Some(MAX_SIDE));
    limits.max_alloc = Some(MAX_DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| invalid(&error))?;
    let (width, height) = decoder.dimensions();
    if width > MAX_SIDE || height > MAX_SIDE || decoder.total_bytes() > MAX_DECODED {
        return Err(InvalidPicture::TooLarge);
    }
    let orientation = decoder.orientation().map_err(|error| invalid(&error))?;
    Ok(Oriented { image: DynamicImage::from_decoder(decoder).map_err(|error| invalid(&error))?, orientation })
}

/// The pixels as stored, and how a viewer turns them.
struct Oriented {
    image: DynamicImage,
    orientation: image::metadata::Orientation,
}

fn invalid(error: &image::ImageError) -> InvalidPicture {
    match error {
        image::ImageError::Limits(_) => InvalidPicture::TooLarge,
        _ => InvalidPicture::Damaged,
    }
}

/// Crops an image to a centred square of [`SIDE`] pixels.
fn scale(Oriented { image, orientation }: Oriented) -> DynamicImage {
    let (width, height) = (image.width(), image.height());
    let side = width.min(height);
    let square = image.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    drop(image);
    let mut picture = square.resize_exact(SIDE, SIDE, FilterType::CatmullRom);
    // After the crop, because it takes time by the number of pixels. A centred square stays one.
    picture.apply_orientation(orientation);
    picture
}

fn encode(picture: DynamicImage) -> image::ImageResult<Vec<u8>> {
    let has_alpha = picture.color().has_alpha();
    let picture: DynamicImage = if has_alpha { picture.into_rgba8().into() } else { picture.into_rgb8().into() };
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::WebP)?;
    Ok(bytes.into_inner())
}

#[cfg(test)]
pub(crate) mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    /// An image of this size: the left half is red, the right half is blue.
    fn halves(width: u32, height: u32) -> DynamicImage {
        let color = |x| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) };
        RgbImage::from_fn(width, height, |x, _| color(x)).into()
    }

    pub(crate) fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_jpeg_file_with_many_scans_is_refused_before_it_is_decoded() {
        let mut jpeg = encoded(&halves(8, 8), ImageFormat::Jpeg);
        assert!(to_avatar(&jpeg).is_ok());
        let scan = jpeg.windows(2).position(|marker| marker == START_OF_SCAN).unwrap();
        let end = jpeg.len() - 2;
        let repeated = jpeg[scan..end].repeat(MAX_SCANS);
        jpeg.splice(end..end, repeated);
        assert_eq!(to_avatar(&jpeg), Err(InvalidPicture::TooLarge));
    }

    /// A PNG file of two colors.
    pub(crate) fn a_png(width: u32, height: u32) -> Vec<u8> {
        encoded(&halves(width, height), ImageFormat::Png)
    }

    fn decoded(avatar: &Avatar) -> RgbaImage {
        image::load_from_memory_with_format(&avatar.image, ImageFormat::WebP).unwrap().into_rgba8()
    }

    /// Whether the color of a pixel is almost this one: JPEG changes colors a little.
    fn is_close(pixel: Rgba<u8>, to: [u8; 4]) -> bool {
        pixel.0.iter().zip(to).all(|(one, other)| one.abs_diff(other) < 12)
    }

    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];

    #[test]
    fn every_format_becomes_a_square_of_256_pixels() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            for (width, height) in [(400, 100), (64, 300), (1, 2)] {
                let avatar = to_avatar(&encoded(&halves(width, height), format)).unwrap();
                let picture = decoded(&avatar);
                assert_eq!(picture.dimensions(), (SIDE, SIDE), "{format:?} {width} × {height}");
                assert_eq!(
                    (avatar.content_type.as_str(), &avatar.hash),
                    ("image/webp", &AvatarHash::of(&avatar.image))
                );
                if width > 9 {
                    assert!(is_close(*picture.get_pixel(20, 128), RED), "{format:?} {width} × {height}");
                    assert!(is_close(*picture.get_pixel(235, 128), BLUE), "{format:?} {width} × {height}");
                }
            }
        }
    }

    #[test]
    fn transparency_and_deep_colors_are_kept() {
        let clear = RgbaImage::from_pixel(300, 300, Rgba([10, 20, 30, 0]));
        let avatar = to_avatar(&encoded(&clear.into(), ImageFormat::Png)).unwrap();
        assert_eq!(decoded(&avatar).get_pixel(0, 0).0[3], 0);
        let deep: DynamicImage = halves(300, 300).into_rgba16().into();
        let avatar = to_avatar(&encoded(&deep, ImageFormat::Png)).unwrap();
        assert!(is_close(*decoded(&avatar).get_pixel(0, 0), RED));
        let gray: DynamicImage = halves(300, 300).into_luma8().into();
        assert!(to_avatar(&encoded(&gray, ImageFormat::Jpeg)).is_ok());
    }

    /// Adds an EXIF segment with this orientation and a text to a JPEG file.
    fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        exif.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0]);
        exif.extend([0x01, 0x0e, 0, 2, 0, 0, 0, 16, 0, 0, 0, 38, 0, 0, 0, 0]);
        exif.extend(b"51.5007, -0.1246");
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn metadata_is_removed_after_the_orientation_is_applied() {
        let jpeg = encoded(&halves(200, 200), ImageFormat::Jpeg);
        for (orientation, top_left, bottom_right) in [(1, RED, BLUE), (3, BLUE, RED), (6, RED, BLUE), (8, BLUE, RED)] {
            let file = with_exif(&jpeg, orientation);
            assert!(file.windows(8).any(|part| part == b"51.5007,"));
            let avatar = to_avatar(&file).unwrap();
            assert!(!avatar.image.windows(8).any(|part| part == b"51.5007,"));
            let picture = decoded(&avatar);
            assert!(is_close(*picture.get_pixel(9, 9), top_left), "{orientation}");
            assert!(is_close(*picture.get_pixel(246, 246), bottom_right), "{orientation}");
        }
    }

    #[test]
    fn other_formats_and_damaged_files_are_rejected() {
        let png = a_png(64, 64);
        for bytes in [
            &b""[..],
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>",
            b"<?xml version=\"1.0\"?><svg/>",
            b"GIF89a\x01\0\x01\0",
            b"BM\0\0",
            b"%PDF-1.7",
            b"\0\0\x01\0\x01\0",
        ] {
            assert_eq!(to_avatar(bytes), Err(InvalidPicture::UnknownFormat), "{bytes:?}");
        }
        let jpeg = encoded(&halves(64, 64), ImageFormat::Jpeg);
        for bytes in [&png[..8], &png[..40], &png[..png.len() / 2], &jpeg[..3], &jpeg[..20], b"RIFF\xff\0\0\0WEBP"] {
            assert_eq!(to_avatar(bytes), Err(InvalidPicture::Damaged), "{} bytes", bytes.len());
        }
    }

    /// A PNG file that announces this size, and has no pixels.
    fn announcing(width: u32, height: u32, bit_depth: u8) -> Vec<u8> {
        let mut file = a_png(1, 1);
        file[16..20].copy_from_slice(&width.to_be_bytes());
        file[20..24].copy_from_slice(&height.to_be_bytes());
        (file[24], file[25]) = (bit_depth, 6);
        let mut checksum = crc(&file[12..29]).to_be_bytes().to_vec();
        file.splice(29..33, checksum.drain(..));
        file
    }

    /// CRC-32 (ISO 3309), as in PNG files.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
        })
    }

    #[test]
    fn decompression_bombs_are_rejected_before_they_are_decoded() {
        for (width, height, bit_depth) in
            [(4097, 1, 8), (1, 4097, 8), (100_000, 100_000, 8), (u32::MAX >> 1, 1, 8), (4096, 4096, 16)]
        {
            let bomb = announcing(width, height, bit_depth);
            assert_eq!(to_avatar(&bomb), Err(InvalidPicture::TooLarge), "{width} × {height}");
        }
        assert_eq!(to_avatar(&announcing(4096, 1, 8)), Err(InvalidPicture::Damaged), "an allowed size without pixels");
    }
}
