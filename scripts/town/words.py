"""What the demo says, in both languages: key -> (Vietnamese, English)."""

WORDS = {
    "title": (
        "SỐ LIỆU THỬ – thị xã Ngã Năm: {wards} xã, phường và {departments} phòng, ban, đơn vị",
        "SAMPLE DATA – the town of Ngã Năm: {wards} wards and communes, {departments} departments",
    ),
    "calendar": (
        "Thời gian của năm mẫu được tua nhanh: thị xã bắt đầu từ {first:%d/%m/%Y}, kết thúc hôm nay",
        "The sample year's time is sped up: the town begins on {first:%d/%m/%Y} and ends today",
    ),
    "broker": ("Trạm chuyển (broker) đang chạy tại {endpoint}", "The broker runs at {endpoint}"),
    "office": (
        "Phòng Nội vụ đã ghép máy và đang theo dõi nhật ký",
        "The office of home affairs is enrolled and follows the log",
    ),
    "rules": (
        "Đã ban hành danh sách đơn vị, {sets} bộ tiêu chí mẫu, {tasks} nhiệm vụ năm {year}",
        "Issued: the list of units, {sets} sample criteria sets, {tasks} tasks of {year}",
    ),
    "agents": (
        "{count} máy của đơn vị đã ghép bằng phiếu và đang chạy",
        "{count} units' machines are enrolled by slip and running",
    ),
    "cut": (
        "Đứt đường truyền của {count} đơn vị: {names}",
        "The line is cut for {count} units: {names}",
    ),
    "period": (
        "Kỳ {period}: {reports} báo cáo, {figures} số liệu; {waiting} báo cáo chờ đường truyền",
        "Period {period}: {reports} reports, {figures} figures; {waiting} wait for the line",
    ),
    "mended": (
        "Một tuần sau, đường truyền nối lại: {waiting} báo cáo đang chờ đã đến nơi",
        "A week later the line is back: the {waiting} reports that waited have arrived",
    ),
    "tasks": (
        "Ngày {month:%d/%m/%Y}: {count} lượt báo cáo tiến độ nhiệm vụ",
        "{month:%d/%m/%Y}: {count} reports of progress on tasks",
    ),
    "survey": ("Đã nhập {count} điểm điều tra xã hội học", "Entered: {count} survey points"),
    "delivered": (
        "{count} báo cáo, tất cả đều có biên nhận đã kiểm chứng",
        "{count} statements, each with a verified receipt",
    ),
    "verified": ("Nhật ký gồm {size} dòng: nguyên vẹn", "The log of {size} entries is intact"),
    "rebuilt": (
        "Tính lại toàn bộ từ nhật ký: giống hệt số liệu đang dùng",
        "All state replayed from the log: the same as what is in use",
    ),
    "board": ("BẢNG XẾP HẠNG (SỐ LIỆU THỬ) – {group}", "STANDINGS (SAMPLE DATA) – {group}"),
    "commune": ("xã, phường", "wards and communes"),
    "department": ("phòng, ban, đơn vị", "departments"),
    "done": ("Xong sau {seconds} giây.", "Done in {seconds} s."),
    "stays": (
        "Thị xã vẫn chạy. Thử thêm (cửa sổ khác); Ctrl-C để dừng:",
        "The town stays. To try (in another window); Ctrl-C stops it:",
    ),
    "places": ("Dữ liệu: {folder}", "Data: {folder}"),
    "stopping": ("Đang dừng…", "Stopping…"),
    "fault": ("LỖI: {what}", "FAULT: {what}"),
    "fault_undelivered": (
        "{unit} còn {count} báo cáo chưa gửi được",
        "{unit} still has {count} undelivered",
    ),
    "fault_missing": ("bảng {group} thiếu {unit}", "the board of {group} lacks {unit}"),
    "fault_tasks": (
        "bảng {group}: {kept} nhiệm vụ đúng hạn trên {due} lần đến hạn; năm mẫu phải có cả hai loại",
        "the board of {group} has {kept} tasks on time of {due} due; the sample year has both kinds",
    ),
    "fault_count": (
        "nhật ký có {log} báo cáo của đơn vị, các máy có {units} biên nhận",
        "the log has {log} statements of units, their machines {units} receipts",
    ),
    "fault_behind": (
        "bảng {group} mới tính đến dòng {board}, nhật ký có {log}",
        "the board of {group} is at entry {board}, the log has {log}",
    ),
}


class Speaker:
    """Prints numbered progress lines in one language."""

    def __init__(self, lang):
        self.lang = lang
        self._place = 0 if lang == "vi" else 1

    def text(self, key, **values):
        return WORDS[key][self._place].format(**values)

    def say(self, key, **values):
        print(self.text(key, **values), flush=True)
