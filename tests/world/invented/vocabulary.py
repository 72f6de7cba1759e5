"""What the invented people write about: areas of work per specialism, chores, paper phrases."""

from dataclasses import dataclass

SPECIALISMS = ("inference-performance", "post-training", "vision-multimodal")


@dataclass(frozen=True, slots=True)
class Area:
    """A part of a code base: its files and the subjects of changes to it."""

    paths: tuple[str, ...]
    subjects: tuple[str, ...]


def _area(paths: str, *subjects: str) -> Area:
    return Area(tuple(paths.split()), subjects)


AREAS: dict[str, tuple[Area, ...]] = {
    "inference-performance": (
        _area(
            "csrc/attention/paged.cu csrc/attention/paged.h tests/kernels/test_paged.py",
            "Paged attention: {verb} block table lookup for {n}-head models",
            "Fuse KV cache write into the paged attention kernel ({n}% faster on {chip})",
            "Fix race in paged attention split-k reduction on {chip}",
        ),
        _area(
            "engine/scheduler/batch.py engine/scheduler/policy.py tests/engine/test_scheduler.py",
            "Continuous batching: {verb} preemption of long prompts",
            "Scheduler: chunked prefill shares a step with decode (TTFT -{n}%)",
            "Fix starvation in continuous batching under {n} concurrent requests",
        ),
        _area(
            "engine/cache/block_manager.py engine/cache/prefix.py tests/engine/test_cache.py",
            "KV cache: {verb} prefix reuse across requests",
            "Evict KV cache blocks by recency instead of order of arrival",
            "Block manager: halve fragmentation of the KV cache at {n} sequences",
        ),
        _area(
            "engine/speculative/draft.py engine/speculative/verify.py tests/engine/test_speculative.py",
            "Speculative decoding: {verb} tree verification for draft length {n}",
            "Accept several draft tokens per step in speculative decoding",
            "Fix sampling bias in speculative decoding with temperature",
        ),
        _area(
            "csrc/quantization/fp8.cu csrc/quantization/awq.cu tests/kernels/test_quant.py",
            "Quantization: {verb} FP8 scales per channel on {chip}",
            "AWQ kernel for odd group sizes ({n}% lower latency)",
            "Add NVFP4 quantization path with GPTQ calibration",
        ),
        _area(
            "engine/distributed/parallel.py engine/distributed/transfer.py tests/engine/test_parallel.py",
            "Tensor parallel: {verb} all-reduce with the next matmul",
            "Disaggregated prefill: move KV cache over RDMA in {n} ms",
            "Fix deadlock in tensor parallel start-up with {n} workers",
        ),
        _area(
            "engine/graph/capture.py csrc/graph/replay.cu benchmarks/latency.py",
            "CUDA graph: {verb} captures by batch size bucket",
            "Reuse CUDA graph memory pools ({n}% less memory, roofline plot attached)",
            "Benchmark: report TTFT and time per token at {n} requests per second",
        ),
    ),
    "post-training": (
        _area(
            "trainer/grpo.py trainer/advantage.py tests/trainer/test_grpo.py",
            "GRPO: {verb} group advantage when all rewards are equal",
            "Fix GRPO loss scale with gradient accumulation of {n}",
            "GRPO: off-policy correction for stale rollout samples",
        ),
        _area(
            "trainer/dpo.py data/preference.py tests/trainer/test_dpo.py",
            "DPO: {verb} reference log-probabilities ({n}% less memory)",
            "Preference data collator keeps ties out of the DPO batch",
            "Fix DPO label smoothing sign for rejected answers",
        ),
        _area(
            "rollout/worker.py rollout/queue.py tests/rollout/test_worker.py",
            "Rollout worker: {verb} weight sync every {n} steps",
            "Asynchronous rollout with bounded staleness for RLHF",
            "Fix lost rollout samples when a worker restarts",
        ),
        _area(
            "rewards/model.py rewards/verifier.py tests/rewards/test_verifier.py",
            "Reward model: {verb} pairwise head for long answers",
            "Verifier for RLVR: run unit tests in a sandbox, time limit {n} s",
            "Fix reward model padding side in batch scoring",
        ),
        _area(
            "tuners/lora.py tuners/merge.py tests/tuners/test_lora.py",
            "LoRA: {verb} rank-stabilised scaling in the trainer",
            "Merge LoRA adapters without a second copy of the weights",
            "Fix LoRA gradient for tied embeddings with rank {n}",
        ),
        _area(
            "trainer/sft.py data/packing.py tests/trainer/test_sft.py",
            "SFT: {verb} packing with block-diagonal attention",
            "Mask prompt tokens in SFT loss for {n}-turn dialogues",
            "Distillation: top-{n} teacher logits in the SFT trainer",
        ),
        _area(
            "environments/base.py environments/tools.py tests/environments/test_tools.py",
            "Environment: {verb} multi-turn tool use with a token budget",
            "RLHF environment registry with reproducible seeds",
            "Fix environment reset leaking state between rollout groups of {n}",
        ),
    ),
    "vision-multimodal": (
        _area(
            "models/vit.py models/layers/patch.py tests/models/test_vit.py",
            "ViT: {verb} position embedding interpolation at {n} px",
            "Self-supervised ViT pretraining head with register tokens",
            "Fix attention pooling of ViT in half precision",
        ),
        _area(
            "detection/heads.py detection/assign.py tests/detection/test_heads.py",
            "Detection: {verb} label assignment for small objects",
            "Detection head without anchors (+{n}% box quality)",
            "Fix detection loss when an image has no objects",
        ),
        _area(
            "segmentation/mask.py segmentation/prompt.py tests/segmentation/test_mask.py",
            "Segmentation: {verb} mask decoder for {n} prompts at once",
            "Video segmentation memory bank with tracking identities",
            "Fix segmentation mask upsampling off by one",
        ),
        _area(
            "diffusion/sampler.py diffusion/unet.py tests/diffusion/test_sampler.py",
            "Diffusion: {verb} sampler with {n} steps",
            "Flow matching objective for the diffusion transformer",
            "Fix diffusion noise schedule in float16",
        ),
        _area(
            "multimodal/projector.py multimodal/tokens.py tests/multimodal/test_projector.py",
            "Vision-language model: {verb} image tokens at native resolution",
            "Video understanding: sample {n} frames by motion",
            "Fix vision-language model attention mask for interleaved images",
        ),
        _area(
            "splatting/raster.cu splatting/densify.py tests/splatting/test_raster.py",
            "Gaussian splatting: {verb} tile sorting ({n}% faster)",
            "Densify Gaussian splatting by view-space gradient",
            "Fix Gaussian splatting gradient at tile borders",
        ),
        _area(
            "ocr/decoder.py data/synthetic.py tests/ocr/test_decoder.py",
            "OCR: {verb} line decoder for vertical text",
            "Synthetic data for OCR in {n} scripts",
            "Tracking: keep identities through occlusion in the OCR demo clips",
        ),
    ),
}

VERBS = ("support", "rework", "speed up", "batch", "simplify", "vectorise", "add", "cache")
CHIPS = ("sm_80", "sm_90", "sm_100", "gfx942")

CHORES = (
    (("README.md",), "Fix typo in README"),
    (("docs/install.md",), "Docs: mention the {n}.x driver in the install page"),
    ((".github/workflows/ci.yml",), "CI: pin runner image"),
    (("pyproject.toml",), "Loosen upper bound of a dependency"),
    (("docs/faq.md", "docs/index.md"), "Docs: translate the FAQ"),
    (("setup.cfg",), "Reformat with the new line length"),
    (("examples/hello.py",), "Example: print the version"),
)

TOYS = (
    (
        "hello-cuda-notes",
        "CUDA hello world from the course",
        "notes/day{n}.md",
        "Day {n} of 100 days of CUDA",
    ),
    ("titanic-notebook", "Titanic and iris notebooks", "notebooks/{n}.ipynb", "Add notebook {n}"),
    ("awesome-llm-links", "Awesome list of links", "README.md", "Add {n} links"),
    ("dotfiles", "My dotfiles", "shell/rc{n}", "Tweak prompt"),
    ("leetcode-answers", "Interview questions", "answers/{n}.py", "Solve problem {n}"),
    ("chat-with-pdf", "Chat with PDF in 10 minutes", "app.py", "Wrapper demo, take {n}"),
    ("attendance-demo", "OpenCV beginner attendance system", "demo/step{n}.py", "Step {n}"),
)

PAPERS: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "inference-performance": (
        (
            "Paged Attention",
            "Continuous Batching",
            "Speculative Decoding",
            "KV Cache Compression",
            "Disaggregated Prefill",
            "FP8 Quantization",
            "Tensor Parallel Serving",
        ),
        (
            "Serving Long Prompts",
            "Low-Latency Decoding",
            "Shared Accelerators",
            "Bursty Traffic",
            "Small Batches",
        ),
        (
            "We study {a} for {b} and show where the roofline model is misleading.",
            "Our scheduler keeps the KV cache resident and lowers TTFT by {n}% at equal throughput.",
            "Quantization to four bits with AWQ and GPTQ baselines costs less than one point of quality.",
            "CUDA graph capture removes launch overhead for tensor parallel decoding.",
            "Speculative decoding with a small draft model doubles tokens per second.",
        ),
    ),
    "post-training": (
        (
            "Group-Relative Policy Optimisation",
            "Direct Preference Optimisation",
            "Reward Model Ensembles",
            "Off-Policy Correction",
            "Verifier-Guided RLVR",
            "LoRA Post-Training",
            "On-Policy Distillation",
        ),
        ("Reasoning Models", "Tool Use", "Long Dialogues", "Mathematical Proof", "Code Generation"),
        (
            "We study {a} for {b} with RLHF and verifiable rewards.",
            "GRPO and DPO behave alike once the reference policy is refreshed every {n} steps.",
            "A reward model trained on decontaminated preference data resists reward hacking.",
            "Stale rollout samples need off-policy correction; we give a bound.",
            "We release environments, a verifier and LoRA and SFT recipes.",
        ),
    ),
    "vision-multimodal": (
        (
            "Flow Matching",
            "Promptable Segmentation",
            "Gaussian Splatting",
            "Vision-Language Pretraining",
            "Open-Vocabulary Detection",
            "Video Understanding",
            "Self-Supervised Features",
        ),
        ("Street Scenes", "Long Videos", "Documents", "Medical Images", "Robot Cameras"),
        (
            "We study {a} for {b} under shift of cameras and weather.",
            "A vision-language model with native resolution improves OCR by {n} points.",
            "Tracking and segmentation share one memory and one mask decoder.",
            "Diffusion and flow matching are compared at equal compute with synthetic data.",
            "Gaussian splatting from {n} views reaches the quality of dense capture.",
        ),
    ),
    "other": (
        (
            "Soil Moisture",
            "Choir Acoustics",
            "Bird Migration",
            "Tax Forms",
            "River Ice",
            "Bread Fermentation",
        ),
        ("Alpine Valleys", "Small Towns", "Open Registers", "Coastal Radar", "School Archives"),
        (
            "We report {n} measurements of {a} in {b}.",
            "A linear model explains most of the variance.",
            "The survey covers two decades.",
            "Results agree with earlier field notes.",
            "Data are available on request.",
        ),
    ),
}

CATEGORIES = {
    "inference-performance": ("cs.DC", "cs.LG", "cs.PF", "cs.AR"),
    "post-training": ("cs.CL", "cs.LG", "cs.AI", "stat.ML"),
    "vision-multimodal": ("cs.CV", "cs.LG", "eess.IV", "cs.MM"),
    "other": ("physics.geo-ph", "cs.CY", "q-bio.PE"),
}

VENUES = {  # page folder on the proceedings host: name of the volume, short name, year, specialisms it takes
    "2025": ("Advances in Neural Information Processing Systems 38", "NeurIPS 2025", 2025, SPECIALISMS),
    "mlsys2026": ("Proceedings of Machine Learning and Systems 8", "MLSys 2026", 2026, SPECIALISMS[:1]),
    "colm2025": ("Second Conference on Language Modeling", "COLM 2025", 2025, SPECIALISMS[1:2]),
    "cvpr2026": ("Computer Vision and Pattern Recognition 2026", "CVPR 2026", 2026, SPECIALISMS[2:]),
}

ENGINES = {  # names of watched projects: owner, repository, description, topics, language
    "inference-performance": (
        (
            "quillserve",
            "quillserve",
            "Serving engine for language models",
            "llm-serving inference paged-attention",
            "Python",
        ),
        (
            "brightforge",
            "emberline",
            "Low-latency inference runtime with custom kernels",
            "inference cuda quantization",
            "C++",
        ),
        (
            "lowtide-ai",
            "lowtide",
            "Continuous batching server",
            "inference kv-cache speculative-decoding",
            "Python",
        ),
    ),
    "post-training": (
        (
            "gradientmill",
            "aligner",
            "Trainers for SFT, DPO and GRPO",
            "rlhf dpo grpo post-training",
            "Python",
        ),
        (
            "oakrollout",
            "rolloutlab",
            "Asynchronous reinforcement learning for language models",
            "rlhf rollout rlvr",
            "Python",
        ),
        ("tidytune", "adapterkit", "LoRA tuners and distillation", "lora fine-tuning distillation", "Python"),
    ),
    "vision-multimodal": (
        (
            "pixelgrove",
            "visionkit",
            "Image models and training recipes",
            "computer-vision vit detection",
            "Python",
        ),
        (
            "lumenlab",
            "flowpaint",
            "Diffusion and flow matching models",
            "diffusion flow-matching generative",
            "Python",
        ),
        ("seewell", "multiglance", "Vision-language models", "vision-language multimodal ocr", "Python"),
    ),
}
